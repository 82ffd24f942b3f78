/** Our server. */
import { json } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { note } from "../payloads.ts";
import { appOptions } from "./app-options.ts";
import { serveBench } from "./control.ts";
import { serveContracts } from "./serve-contracts.ts";

const app = createApp(appOptions);

app.ws("/echo", async (socket) => {
  for await (const message of socket) await socket.send(message);
});
app.ws(
  "/listen",
  listen((message) => message),
);
app.ws("/json", { receive: json(), send: json() }, async (socket) => {
  for await (const value of socket) await socket.send(value);
});
app.ws("/json-zod", { receive: json(note), send: json(note) }, async (socket) => {
  for await (const value of socket) await socket.send(value);
});
app.ws("/items", async (socket) => {
  const bytes = Number(await socket.receive());
  for (let n = 0; ; n += 1) await socket.send(`${n} `.padEnd(bytes, "x"));
});
app.ws("/room", async (socket) => {
  await socket.accept();
  const room = app.room("all");
  room.join(socket);
  for await (const message of socket) room.send(message);
});

serveContracts(app);

const server = await serve(app, { port: 0, host: "127.0.0.1" });
serveBench(server.port);
