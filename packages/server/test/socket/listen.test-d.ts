import { int, json, type Message, text } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { listen, listenEach } from "../../src/socket/listen.ts";
import type { Socket } from "../../src/socket/socket.ts";

const Pair = z.object({ a: z.number(), b: z.number() });
const app = createApp();

// The route's codecs give the types of the messages and of the replies.
app.ws(
  "/shout",
  { receive: text, send: text },
  listen((line) => line.toUpperCase()),
);
app.ws(
  "/sum",
  { receive: json(Pair), send: json(z.number()) },
  listen(({ a, b }) => a + b),
);
app.ws(
  "/later",
  { receive: json(Pair), send: int },
  listen(async ({ a }) => a),
);
app.ws(
  "/quiet",
  { receive: int, send: int },
  listen((n) => (n > 0 ? n : undefined)),
);
app.ws(
  "/silent",
  { receive: int },
  listen((n) => void n),
);

app.ws(
  "/sum/:id",
  { receive: json(Pair), send: int },
  listen((pair, socket, { params }) => {
    expectTypeOf(pair).toEqualTypeOf<{ a: number; b: number }>();
    expectTypeOf(socket).toEqualTypeOf<Socket<{ a: number; b: number }, number>>();
    expectTypeOf(params).toEqualTypeOf<{ readonly id: string }>();
    return pair.a;
  }),
);

app.ws(
  "/wrong",
  { receive: json(Pair), send: int },
  // @ts-expect-error -- the codec writes numbers
  listen(({ a }) => String(a)),
);
app.ws(
  "/wrong/later",
  { receive: json(Pair), send: int },
  // @ts-expect-error -- the codec writes numbers, also from a promise
  listen(async ({ a }) => String(a)),
);
app.ws(
  "/missing",
  { receive: json(Pair) },
  // @ts-expect-error -- there is no `c`
  listen(({ c }) => String(c)),
);

// Without codecs messages arrive as they are, and a reply may have any type.
app.ws(
  "/any",
  listen((message) => {
    expectTypeOf(message).toEqualTypeOf<Message>();
    return { message };
  }),
);

// An object is a listener, an instance of a class too.
app
  .group(() => ({ user: "ada" }))
  .ws(
    "/object",
    { receive: int, send: text },
    listen({
      open: (socket, { user }) => {
        expectTypeOf(user).toBeString();
        socket.send(user);
      },
      message: (n) => String(n),
      close: ({ code, reason }, socket, { user }) => {
        expectTypeOf([reason, user]).toEqualTypeOf<string[]>();
        expectTypeOf(code).toBeNumber();
        expectTypeOf(socket).toEqualTypeOf<Socket<number, string>>();
      },
    }),
  );
class Counter {
  #count = 0;
  message(n: number): number {
    this.#count += n;
    return this.#count;
  }
}
app.ws("/counter", { receive: int, send: int }, listen(new Counter()));
// @ts-expect-error -- the counter receives numbers
app.ws("/counter/text", { receive: text, send: int }, listen(new Counter()));
// @ts-expect-error -- a listener has `message`
app.ws("/none", listen({ open: () => {} }));

// A listener that is written outside of a route fits the routes whose codecs match.
const echo = listen((line: string) => line);
app.ws("/standalone", { receive: text, send: text }, echo);
app.ws("/standalone/any", { receive: text }, echo);
app.group(() => ({ user: "ada" })).ws("/standalone/:id", { receive: text }, echo);
// @ts-expect-error -- without a codec bytes arrive too
app.ws("/standalone/bytes", echo);
// @ts-expect-error -- the route reads numbers
app.ws("/standalone/number", { receive: int }, echo);
// @ts-expect-error -- the route writes numbers
app.ws("/standalone/length", { receive: text, send: int }, echo);
const later = listen(async (n: number) => (n > 0 ? n : undefined));
app.ws("/standalone/later", { receive: int, send: int }, later);
const counting = listen(new Counter());
app.ws("/standalone/counter", { receive: int, send: int }, counting);
// @ts-expect-error -- the counter receives numbers
app.ws("/standalone/counter/text", { receive: text, send: int }, counting);
const silent = listen({ message: (line: string) => void line, close: () => {} });
app.ws("/standalone/silent", { receive: text, send: int }, silent);
const greeting = listen((line: string, _socket, { user }: { readonly user: string }) => `${user}: ${line}`);
app.group(() => ({ user: "ada" })).ws("/standalone/user", { receive: text }, greeting);
// @ts-expect-error -- nothing provides a user
app.ws("/standalone/anonymous", { receive: text }, greeting);

// A listener may be made for each connection.
app.ws(
  "/each",
  { receive: int, send: int },
  listenEach(() => new Counter()),
);
app
  .group(() => ({ user: "ada" }))
  .ws(
    "/each/:id",
    { receive: int, send: text },
    listenEach((socket, { user, params }) => {
      expectTypeOf(socket).toEqualTypeOf<Socket<number, string>>();
      expectTypeOf([user, params.id]).toEqualTypeOf<string[]>();
      return { message: (n) => `${user} ${n}` };
    }),
  );
const each = listenEach(() => new Counter());
app.ws("/each/standalone", { receive: int, send: int }, each);
// @ts-expect-error -- the counter receives numbers
app.ws("/each/standalone/text", { receive: text }, each);
app.ws(
  "/each/text",
  { receive: text },
  // @ts-expect-error -- the counter receives numbers
  listenEach(() => new Counter()),
);
