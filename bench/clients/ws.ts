/** The client that people write by hand on `ws`. */
import { once } from "node:events";
import { WebSocket } from "ws";
import { serveClient } from "./load.ts";

serveClient(async (onEcho) => {
  const socket = new WebSocket(`ws://127.0.0.1:${process.env["TARGET_PORT"]}/json`);
  socket.on("message", (data: Buffer) => onEcho(JSON.parse(data.toString())));
  await once(socket, "open");
  return {
    send: (data) => socket.send(JSON.stringify(data)),
    close: () => socket.close(),
  };
});
