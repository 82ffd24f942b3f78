import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { trimClass } from "./trim-class.ts";

const source = fileURLToPath(import.meta.resolve("reconnecting-websocket/reconnecting-websocket.ts"));
const licence = fileURLToPath(import.meta.resolve("reconnecting-websocket/LICENSE"));

/** The members that the client uses, as `reconnecting-websocket.d.ts` declares them. */
const used = ["constructor"];

/** What the client does not use of the members that these reach: it reads, writes and times its sockets, and delays tries. */
const unused = [
  "_debug",
  "onopen",
  "onmessage",
  "onclose",
  "onerror",
  "_listeners",
  "_handleMessage",
  "_messageQueue",
  "_binaryType",
  "_retryCount",
  "_uptimeTimeout",
  "_connectTimeout",
  "_clearTimeouts",
  "_handleOpen",
  "_handleError",
  "_removeListeners",
  "connectionTimeout",
  "startClosed",
  "maxRetries",
  "minUptime",
  "minReconnectionDelay",
  "maxReconnectionDelay",
  "reconnectionDelayGrowFactor",
  "isWebSocket",
  "CloseEvent",
  "string",
  "_connectLock",
  "_closeCalled",
  "_getNextDelay",
  "_protocols",
  "protocols",
  "readyState",
];

/** The options and parameters that the client gives. */
const given = ["WebSocket", "options"];

/** What always holds: the url is asked for by a function, and no member that is left out ends it. */
const always = ['typeof urlProvider === "function"', "!!url.then", "this._shouldReconnect"];

/** What never holds: it listens to a socket that it has made, and the class of its sockets has their subprotocols. */
const never = ["!this._ws", "this._protocols"];

const banner = `/*!
reconnecting-websocket 4.4.0, compiled from its TypeScript source. These things differ from that:
- members of the class that the \`${used.join("` and `")}\` does not reach are left out;
- left out, with every statement that refers to them and every object made of them: ${unused.join(", ")};
- ${given.join(" and ")} have no default;
- left out, with what depends on them: the conditions ${always.join(", ")}, which hold, and ${never.join(", ")}, which do not;
- the names of private members begin with # instead of _.

${readFileSync(licence, "utf8")}*/`;

/**
 * Makes `reconnecting-websocket.js` of the source that the library publishes: what it publishes as a module is ES5, half
 * as large again, and no two module systems agree on its default export.
 */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  plugins: [trimClass("ReconnectingWebSocket", { used, unused, given, always, never })],
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
