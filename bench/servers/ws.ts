/** The server that people write by hand on `ws`; with `/zod`, the same with a schema. */
import { WebSocket, WebSocketServer } from "ws";
import type { AddressInfo } from "node:net";
import { note } from "../payloads.ts";
import { serveBench } from "./control.ts";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
const room = new Set<WebSocket>();

server.on("connection", (socket, { url }) => {
  if (url === "/room") joinRoom(socket);
  else if (url === "/items") socket.on("message", (bytes: Buffer) => sendItems(socket, Number(bytes)));
  else if (url === "/json")
    socket.on("message", (data: Buffer) => socket.send(JSON.stringify(JSON.parse(data.toString()))));
  else if (url === "/zod")
    socket.on("message", (data: Buffer) =>
      socket.send(JSON.stringify(note.parse(JSON.parse(data.toString())))),
    );
  else socket.on("message", (data: Buffer, isBinary) => socket.send(data, { binary: isBinary }));
});

function joinRoom(socket: WebSocket): void {
  room.add(socket);
  socket.on("close", () => room.delete(socket));
  socket.on("message", (data: Buffer) => {
    const text = JSON.stringify(JSON.parse(data.toString()));
    for (const member of room) if (member.readyState === WebSocket.OPEN) member.send(text);
  });
}

function sendItems(socket: WebSocket, bytes: number): void {
  let n = 0;
  const timer = setInterval(() => {
    socket.send(`${n} `.padEnd(bytes, "x"));
    n += 1;
  }, 1);
  socket.on("close", () => clearInterval(timer));
}

server.on("listening", () => serveBench((server.address() as AddressInfo).port));
