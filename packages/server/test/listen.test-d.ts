import { int, json, type Message, text } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../src/app.ts";
import { listen } from "../src/listen.ts";
import type { Socket } from "../src/server-socket.ts";

const Pair = z.object({ a: z.number(), b: z.number() });
const app = createApp();

// The route's codecs say what is heard and what may be answered.
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
  // @ts-expect-error -- the codec writes numbers, also later
  listen(async ({ a }) => String(a)),
);
app.ws(
  "/missing",
  { receive: json(Pair) },
  // @ts-expect-error -- there is no `c`
  listen(({ c }) => String(c)),
);

// Without codecs messages come as they are, and anything can be answered.
app.ws(
  "/whatever",
  listen((message) => {
    expectTypeOf(message).toEqualTypeOf<Message>();
    return { message };
  }),
);

// An object is a listener, an instance of a class too.
app
  .use(() => ({ user: "ada" }))
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
// @ts-expect-error -- the counter hears numbers
app.ws("/counter/text", { receive: text, send: int }, listen(new Counter()));
// @ts-expect-error -- a listener has `message`
app.ws("/none", listen({ open: () => {} }));
