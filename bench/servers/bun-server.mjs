/** Bun's own WebSockets. Bun runs this file. */
const { Bun } = globalThis;

Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  fetch(request, server) {
    const data = { json: new URL(request.url).pathname === "/json" };
    return server.upgrade(request, { data }) ? undefined : new Response("WebSockets only", { status: 426 });
  },
  websocket: {
    message(socket, message) {
      socket.send(socket.data.json ? JSON.stringify(JSON.parse(message)) : message);
    },
  },
});
