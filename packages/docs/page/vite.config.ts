import { defaultClientConditions, defineConfig } from "vite";

/** Builds the page as one script and one style, which `docsPage` puts into its HTML. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    rolldownOptions: {
      input: `${import.meta.dirname}/main.tsx`,
      output: {
        entryFileNames: "page.js",
        assetFileNames: "page[extname]",
        codeSplitting: false,
      },
    },
  },
});
