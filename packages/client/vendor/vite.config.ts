import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { trimClass } from "./trim-class.ts";

const source = fileURLToPath(import.meta.resolve("reconnecting-websocket/reconnecting-websocket.ts"));
const licence = fileURLToPath(import.meta.resolve("reconnecting-websocket/LICENSE"));

/** The members that the client uses, as `reconnecting-websocket.d.ts` declares them. */
const used = ["constructor", "close"];

/**
 * Members without an effect here: the client never asks for debug output, sends and listens on the socket itself, and has
 * no delays and no limit of retries.
 */
const idle = [
  "_debug",
  "_listeners",
  "_messageQueue",
  "_options.startClosed",
  "_retryCount",
  "_uptimeTimeout",
  "_ws.binaryType",
  "onclose",
  "onerror",
  "onmessage",
  "onopen",
];

/** The options that the client gives, as `reconnecting-websocket.d.ts` declares them. */
const given = ["WebSocket", "connectionTimeout"];

const banner = `/*!
reconnecting-websocket 4.4.0, compiled from its TypeScript source. Five things differ from that:
- Statements that only use \`${idle.join("`, `")}\` are left out.
- Members of the class that \`${used.join("` and `")}\` do not reach are left out.
- The defaults of the options \`${given.join("` and `")}\` are left out.
- Its events have no fields but \`message\`: no code listens to them.
- The names of private members begin with # instead of _.

${readFileSync(licence, "utf8")}*/`;

/**
 * Makes `reconnecting-websocket.js` of the source that the library publishes: what it publishes as a module is ES5, half
 * as large again, and no two module systems agree on its default export.
 */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [trimClass("ReconnectingWebSocket", { roots: used, idle, given })],
  resolve: { alias: { "./events": fileURLToPath(new URL("events.ts", import.meta.url)) } },
  build: {
    outDir: "vendor",
    emptyOutDir: false,
    minify: false,
    target: "es2022",
    lib: {
      entry: source,
      formats: ["es"],
      fileName: () => "reconnecting-websocket.js",
    },
    rolldownOptions: { output: { banner } },
  },
});
