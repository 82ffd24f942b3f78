/** Fastify with `@fastify/websocket`. */
import websocket from "@fastify/websocket";
import { fastify } from "fastify";
import type { AddressInfo } from "node:net";
import { serveBench } from "./control.ts";

const app = fastify();
await app.register(websocket);

app.get("/echo", { websocket: true }, (socket) => {
  socket.on("message", (data: Buffer, isBinary: boolean) => socket.send(data, { binary: isBinary }));
});
app.get("/json", { websocket: true }, (socket) => {
  socket.on("message", (data: Buffer) => socket.send(JSON.stringify(JSON.parse(data.toString()))));
});

await app.listen({ port: 0, host: "127.0.0.1" });
serveBench((app.server.address() as AddressInfo).port);
