import { contract, request, stream } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";

const post = z.object({ text: z.string(), times: z.number().default(1) });
const history = request({
  input: z.object({ limit: z.coerce.number<string>() }),
  output: z.array(z.string().transform(Number)),
});
const typing = stream({ input: z.object({}), output: z.string() });
const sum = stream({ input: z.object({}), upload: z.string().transform(Number), output: z.number() });
const chat = contract("/chat", {
  client: { post, history, typing, sum },
  server: { line: z.string(), confirm: request({ input: z.string(), output: z.boolean() }) },
});
const app = createApp();

// A handler reads Output and gives Input; only a stream that is fed has an upload.
app.implement(chat, () => ({
  post: (input, { signal, deadline }) => {
    expectTypeOf(input).toEqualTypeOf<{ text: string; times: number }>();
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(deadline).toEqualTypeOf<number | undefined>();
  },
  history: async ({ limit }) => {
    expectTypeOf(limit).toEqualTypeOf<number>();
    return ["1"];
  },
  // @ts-expect-error -- nothing is sent along to it
  typing: (_, { upload }) => [String(upload)],
  async *sum(_, { upload }) {
    for await (const n of upload) {
      expectTypeOf(n).toEqualTypeOf<number>();
      yield n;
    }
  },
}));

// Handlers are exhaustive.
// @ts-expect-error -- `typing` has no handler
app.implement(chat, () => ({ post: () => {}, history: () => [], sum: () => [] }));
// @ts-expect-error -- `typing` has no handler, in a generator
app.implement(chat, async function* () {
  yield { post: () => {}, history: () => [], sum: () => [] };
});

// What a handler gives is checked on its line.
app.implement(chat, () => ({
  post: () => {},
  // @ts-expect-error -- the reply is a list
  history: ({ limit }) => limit,
  // @ts-expect-error -- a string is one item, not many
  typing: () => "abc",
  // @ts-expect-error -- the items are numbers
  sum: async function* (_, { upload }) {
    for await (const n of upload) yield String(n);
  },
}));
app.implement(chat, () => ({
  post: () => {},
  // @ts-expect-error -- one gives what the schema takes, not what it makes of it
  history: () => [1],
  // @ts-expect-error -- there is nothing to iterate
  typing: () => {},
  sum: () => Promise.resolve([1]),
}));

// The server calls the messages of `server` by their types: an event, a request, a stream.
app.implement(chat, (peer) => {
  expectTypeOf(peer.request("confirm", "sure?")).toEqualTypeOf<Promise<boolean>>();
  void peer.request("confirm", "sure?", { timeout: 10, signal: peer.signal });
  // @ts-expect-error -- it is asked with a string
  void peer.request("confirm", 5);
  // @ts-expect-error -- there is no such request
  void peer.request("confirmed", "sure?");
  // @ts-expect-error -- it is an event
  void peer.request("line", "x");
  // @ts-expect-error -- it is a request
  peer.send("confirm", "x");
  // @ts-expect-error -- it is no stream
  peer.stream("confirm", "x");
  // @ts-expect-error -- this is what the client asks
  void peer.request("history", { limit: "1" });
  return { post: () => {}, history: () => [], typing: () => [], sum: () => [] };
});

// Names may be those that everything has.
// oxlint-disable-next-line unicorn/no-thenable -- the name is what is tested
const then = "then";
const odd = contract("/odd", { client: { [then]: post, constructor: history, toString: typing } });
app.implement(odd, () => ({ [then]: () => {}, constructor: () => [], toString: () => [] }));
// @ts-expect-error -- `constructor` has no handler, though every object has one
app.implement(odd, () => ({ [then]: () => {}, toString: () => [] }));

// A contract's broadcasts are events.
const service = app.implement(contract("/room", { server: { line: z.string(), history } }), () => ({}));
service.room("all").send("line", "x");
// @ts-expect-error -- a room cannot answer
service.room("all").send("history", { limit: "1" });
