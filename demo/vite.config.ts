import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

const serverPort = Number(process.env["SERVER_PORT"] ?? 8081);

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    rolldownOptions: { input: ["index.html", "react.html"].map((page) => join(import.meta.dirname, page)) },
  },
  plugins: [chatServer()],
  server: {
    // Vite sends the chat's WebSockets to the chat server, and serves the pages, the modules and its own socket itself.
    proxy: { "^/chat/": { target: `ws://127.0.0.1:${serverPort}`, ws: true } },
  },
});

/** Runs demo/server.ts beside `vite`, from the packages' sources, and restarts it when a source changes. */
function chatServer(): Plugin {
  return {
    name: "symbolon-chat-server",
    apply: (_, { command, isPreview }) => command === "serve" && !isPreview,
    configureServer(vite) {
      const entry = fileURLToPath(new URL("server.ts", import.meta.url));
      mkdirSync(new URL("dist", import.meta.url), { recursive: true }); // the server needs the folder, even before the first build
      const child = spawn(
        process.execPath,
        ["--watch", "--watch-preserve-output", "-C", "symbolon-source", "--import", "tsx", entry],
        { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, PORT: String(serverPort) } },
      );
      const stop = () => child.kill();
      process.once("exit", stop);
      vite.httpServer?.once("close", stop);
    },
  };
}
