/** Hono on Node. */
import { serve, upgradeWebSocket, type WebSocketServerLike } from "@hono/node-server";
import { Hono } from "hono";
import { WebSocketServer } from "ws";
import { serveBench } from "./control.ts";

const app = new Hono();
app.get(
  "/echo",
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(data as string) })),
);
app.get(
  "/json",
  upgradeWebSocket(() => ({
    onMessage: ({ data }, socket) => socket.send(JSON.stringify(JSON.parse(data as string))),
  })),
);

const websocket = { server: new WebSocketServer({ noServer: true }) as WebSocketServerLike };
serve({ fetch: app.fetch, websocket, port: 0, hostname: "127.0.0.1" }, ({ port }) => serveBench(port));
