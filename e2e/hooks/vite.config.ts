import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["symbolon-source", ...defaultClientConditions] },
  // React's development build: it is the one that mounts twice, and that complains.
  define: { "process.env.NODE_ENV": '"development"' },
  build: { outDir: "dist", emptyOutDir: true },
});
