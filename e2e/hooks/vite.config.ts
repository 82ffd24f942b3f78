import { defaultClientConditions, defineConfig } from "vite";
import { react18 } from "../../test/react-18/alias.ts";

/** Builds the page with the newest React into `dist/19`, and in the mode `react-18` with React 18 into `dist/18`. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  base: "./",
  resolve: {
    conditions: ["symbolon-source", ...defaultClientConditions],
    alias: mode === "react-18" ? react18 : [],
  },
  // React's development build mounts components twice under StrictMode, and reports mistakes on the console.
  define: { "process.env.NODE_ENV": '"development"' },
  build: { outDir: mode === "react-18" ? "dist/18" : "dist/19", emptyOutDir: true },
}));
