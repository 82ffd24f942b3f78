import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const source = fileURLToPath(import.meta.resolve("reconnecting-websocket/reconnecting-websocket.ts"));
const licence = fileURLToPath(import.meta.resolve("reconnecting-websocket/LICENSE"));

/**
 * Makes `reconnecting-websocket.js` of the source that the library publishes: what it publishes as a module is ES5, half
 * as large again, and no two module systems agree on its default export.
 */
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
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
    rolldownOptions: { output: { banner: `/*!\n${readFileSync(licence, "utf8")}*/` } },
  },
});
