import { contract, int, json, type Message } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";

interface User {
  readonly name: string;
}
declare const user: User;
declare const maybe: boolean;

const app = createApp();

// The context accumulates over `use`, in all six forms of a hook.
const one = app.group(() => ({ a: 1 }));
const two = one.group(async ({ a }) => ({ b: String(a) }));
const three = two.group(function* () {
  yield { c: true };
});
const four = three.group(async function* ({ b }) {
  yield { d: [b] };
});
const five = four.group(({ request }) =>
  request.headers.has("x") ? { user } : new Response("no", { status: 401 }),
);
const six = five.group(() => {});
six.ws("/", (_socket, context) => {
  expectTypeOf(context.a).toEqualTypeOf<number>();
  expectTypeOf(context.b).toEqualTypeOf<string>();
  expectTypeOf(context.c).toEqualTypeOf<boolean>();
  expectTypeOf(context.d).toEqualTypeOf<string[]>();
  expectTypeOf(context.user).toEqualTypeOf<User>();
  expectTypeOf(context.request).toEqualTypeOf<Request>();
});
six.http("/:id", ({ user, params }) => new Response(user.name + params.id));

// A hook that provides nothing leaves the context as it is, also when it may refuse.
const guarded = one.group(async () => (maybe ? new Response("no", { status: 403 }) : undefined));
guarded.http("/guarded", ({ a }) => Response.json(a));

// A route of a wider view does not know what a narrower one provides.
// @ts-expect-error -- `a` is provided by `one`, not by `app`
app.http("/wide", ({ a }) => Response.json(a));

// @ts-expect-error -- a hook provides a record, not a number
app.group(() => 3);

// Parameters come from the path's literal.
app.ws("/orders/:id/files/*rest", (_socket, { params, query }) => {
  expectTypeOf(params).toEqualTypeOf<{ readonly id: string; readonly rest: string }>();
  expectTypeOf(query).toEqualTypeOf<Readonly<Record<string, string | string[]>>>();
  // @ts-expect-error -- the path has no such parameter
  void params.other;
});

// Schemas give the parts their types, codecs the socket its own.
app.ws(
  "/typed/:id",
  {
    params: z.object({ id: z.coerce.number() }),
    query: z.object({ since: z.string().optional() }),
    cookies: z.object({ theme: z.enum(["dark", "light"]) }),
    receive: json(z.object({ n: z.number() })),
    send: int,
  },
  async (socket, { params, query, cookies, headers }) => {
    expectTypeOf(params).toEqualTypeOf<{ id: number }>();
    expectTypeOf(query).toEqualTypeOf<{ since?: string | undefined }>();
    expectTypeOf(cookies).toEqualTypeOf<{ theme: "dark" | "light" }>();
    expectTypeOf(headers).toEqualTypeOf<Headers>();
    for await (const message of socket) expectTypeOf(message).toEqualTypeOf<{ n: number }>();
    expectTypeOf(await socket.receive(int)).toEqualTypeOf<number>();
    await socket.send(3);
    // @ts-expect-error -- the codec writes numbers
    await socket.send("three");
  },
);
app.ws("/any", async (socket) => {
  expectTypeOf(await socket.receive()).toEqualTypeOf<Message>();
  await socket.send({ anything: true });
});

// @ts-expect-error -- an HTTP handler answers with a Response
app.http("/text", () => "text");

const chat = contract("/chat/:room", {
  query: z.object({ name: z.string() }),
  client: { post: z.object({ text: z.string(), times: z.number().default(1) }), typing: z.object({}) },
  server: { posted: z.object({ text: z.string() }) },
});

const service = one.implement(chat, (peer, { params, query, a, room }) => {
  expectTypeOf(params).toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf(query).toEqualTypeOf<{ name: string }>();
  expectTypeOf(a).toEqualTypeOf<number>();
  room(params.room).join(peer);
  peer.send("posted", { text: "hello" });
  // @ts-expect-error -- the server does not send this
  peer.send("post", { text: "hello" });
  // @ts-expect-error -- text is a string
  peer.send("posted", { text: 5 });
  return {
    post: (input, { signal }) => {
      expectTypeOf(input).toEqualTypeOf<{ text: string; times: number }>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    },
    typing: () => {},
  };
});
service.room("lobby").send("posted", { text: "hello" });
// @ts-expect-error -- the server does not send this
service.room("lobby").send("typing", {});

one.implement(chat, async function* () {
  yield { post: ({ text }) => void text, typing: () => {} };
});

// @ts-expect-error -- `typing` has no handler
app.implement(chat, () => ({ post: () => {} }));
// @ts-expect-error -- `typing` has no handler, in a generator
app.implement(chat, async function* () {
  yield { post: () => {} };
});
// @ts-expect-error -- `typing` is not a function
app.implement(chat, () => ({ post: () => {}, typing: 3 }));

// Sockets of any codecs can be in one room.
app.ws("/room", { receive: int, send: int }, (socket, { room }) => {
  room("all").join(socket);
  room("all").send(1, { except: socket });
});

// A handler returns a stream or a refusal; it sends a single message.
app.ws("/generator", function* () {
  yield "a";
});
app.ws("/array", () => ["a", "b"]);
app.ws("/values", async () => new Set(["a"]).values());
app.ws("/refusal", async () => new Response());
app.ws("/end", (socket) => socket.closed);
app.ws("/accepts", (socket) => socket.accept());
// @ts-expect-error -- a string is one message
app.ws("/string", () => "abc");
// @ts-expect-error -- also as a promise
app.ws("/later", async () => "abc");
// @ts-expect-error -- bytes are one message
app.ws("/bytes", () => new Uint8Array(3));
// @ts-expect-error -- a map is not a stream: its `values()` are
app.ws("/map", () => new Map());
// @ts-expect-error -- an object is not a stream
app.ws("/object", () => ({ a: 1 }));
