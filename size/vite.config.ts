import { defineConfig } from "vite";

/** Builds one entry of this folder, named by the mode, as Vite ships it: what size-limit then weighs. */
export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  build: {
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: `${import.meta.dirname}/${mode}.ts`,
      preserveEntrySignatures: "strict",
      external: ["react"],
      output: { entryFileNames: "[name].js" },
    },
  },
}));
