import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { trimClass } from "./trim-class.ts";

const source = fileURLToPath(import.meta.resolve("reconnecting-websocket/reconnecting-websocket.ts"));
const licence = fileURLToPath(import.meta.resolve("reconnecting-websocket/LICENSE"));

/** The members that the client uses, as `reconnecting-websocket.d.ts` declares them. */
const used = ["constructor", "close"];

/** Members without an effect here: the client never asks for debug output, and sends and listens on the socket itself. */
const idle = ["_debug", "_listeners", "_messageQueue", "onclose", "onerror", "onmessage", "onopen"];

const banner = `/*!
reconnecting-websocket 4.4.0, compiled from its TypeScript source. Three things differ from that:
statements that only use \`${idle.join("`, `")}\` are left out,
members of the class that \`${used.join("` and `")}\` do not reach are left out, and the names of
private members begin with # instead of _.

${readFileSync(licence, "utf8")}*/`;

/**
 * Makes `reconnecting-websocket.js` of the source that the library publishes: what it publishes as a module is ES5, half
 * as large again, and no two module systems agree on its default export.
 */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [trimClass("ReconnectingWebSocket", { roots: used, idle })],
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
