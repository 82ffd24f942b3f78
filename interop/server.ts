/** The server for the clients of this folder: raw routes, and contracts in session mode and in plain mode. */
import { readFile } from "node:fs/promises";
import { bytes, type Closed, contract, json, request, stream, text } from "@symbolon/protocol";
import { CloseCode, CloseError, createApp, identity, RequestError } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import * as z from "zod";
import { serveEverything } from "./client/suite-service.ts";
import { serveNumbers } from "./session-service.ts";

const app = createApp();

app.http("/", async () => {
  const page = await readFile(new URL("page.html", import.meta.url));
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
});

app.ws("/hello", { receive: text }, async (socket) => {
  await socket.send(`Hello ${await socket.receive()}!`);
});

app.ws("/json", { receive: json(z.object({ name: z.string() })) }, async (socket) => {
  const { name } = await socket.receive();
  await socket.send({ greeting: `Hello ${name}!` });
});

app.ws("/echo", async (socket) => {
  for await (const message of socket) await socket.send(message);
});

app.ws("/bytes", { receive: text, send: bytes }, async (socket) => {
  await socket.send(new TextEncoder().encode(await socket.receive()));
});

app.ws("/chat", async (socket) => {
  await socket.accept({ subprotocol: "chat.v2" });
  await socket.send(socket.protocol);
});

app.ws("/close", async (socket) => {
  await socket.accept();
  socket.close(4000, "that is all");
});

let lastClosed: Promise<Closed> | undefined;

app.ws("/leave", async (socket) => {
  lastClosed = socket.closed;
  await socket.send("come and go");
  await lastClosed;
});

app.ws("/left", async (socket) => {
  await socket.send(await lastClosed); // how the last client at /leave closed
});

const members = app.group(({ request }) =>
  request.headers.get("authorization") === `Basic ${btoa("ada:hunter2")}`
    ? { user: "Ada", ...identity({ principal: "ada" }) }
    : new Response("Invalid password", { status: 403 }),
);

members.ws("/secret", (socket, { user }) => socket.send(`welcome, ${user}`));

const greetings = contract("/greetings/:language", {
  params: z.object({ language: z.enum(["en", "de"]) }),
  client: {
    greet: z.object({ name: z.string().min(1) }),
    shout: z.object({ name: z.string().min(1) }),
    leave: z.undefined(),
    translate: request({
      input: z.object({ word: z.string() }),
      output: z.string(),
      errors: { UNKNOWN_WORD: z.object({ known: z.array(z.string()) }) },
    }),
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
    watch: stream({ input: z.undefined(), output: z.never() }),
    spell: stream({ input: z.undefined(), upload: z.string(), output: z.string() }),
  },
  server: { greeting: z.string() },
});

const hellos = { en: "Hello", de: "Hallo" };

app.implement(greetings, (peer, { params: { language }, room }) => {
  const hello = hellos[language];
  room(language).join(peer);
  return {
    greet: ({ name }) => void peer.send("greeting", `${hello} ${name}!`),
    shout: ({ name }, call) => void call.room(language).send("greeting", `${hello} ${name}!`.toUpperCase()),
    leave: () => {
      throw new CloseError(CloseCode.Normal);
    },
    translate: ({ word }) => {
      if (word === "Hello") return hello;
      throw new RequestError("UNKNOWN_WORD", "ask for another", { known: ["Hello"] });
    },
    *count({ to }) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
    // Yields nothing: the client cancels the stream.
    async watch(_, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return [];
    },
    async *spell(_, { upload }) {
      for await (const word of upload) yield word.toUpperCase();
    },
  };
});

serveEverything(app);
serveNumbers(app);

const server = await serve(app, { port: Number(process.env["PORT"] ?? 3000) });
console.log(`symbolon interop: ${server.url}`);
