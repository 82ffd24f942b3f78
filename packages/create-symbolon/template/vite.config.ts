import { defineConfig } from "vite";

export default defineConfig({
  server: {
    // In development Vite serves the page, and sends the chat's WebSockets to the server.
    proxy: { "/chat": { target: `ws://localhost:${process.env.PORT ?? 3000}`, ws: true } },
  },
});
