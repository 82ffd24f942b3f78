/** Socket.IO, over WebSockets alone. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { serveBench } from "./control.ts";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], pingInterval: 300_000 });

io.on("connection", (socket) => {
  if (socket.handshake.query["room"] !== undefined) void socket.join("all");
  socket.on("echo", (data: unknown) => socket.emit("echo", data));
  socket.on("ask", (data: unknown, reply: (data: unknown) => void) => reply(data));
  socket.on("post", (data: unknown) => io.to("all").emit("echo", data));
  socket.on("items", (bytes: number) => {
    let n = 0;
    const timer = setInterval(() => {
      socket.emit("item", `${n} `.padEnd(bytes, "x"));
      n += 1;
    }, 1);
    socket.on("disconnect", () => clearInterval(timer));
  });
});

http.listen(0, "127.0.0.1", () => serveBench((http.address() as AddressInfo).port));
