import { contract, type DeclaredError, isDeclared, request, stream } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { connect } from "../src/index.ts";

const history = request({
  input: z.object({ limit: z.coerce.number<string>(), from: z.string().default("now") }),
  output: z.array(z.string().transform(Number)),
  errors: { GONE: z.object({ since: z.string().transform(Number) }), CLOSED: z.undefined() },
});
const typing = stream({ input: z.object({}), output: z.string().transform(Number) });
const sum = stream({ input: z.object({}), upload: z.string().transform(Number), output: z.number() });
const confirm = request({ input: z.string().transform(Number), output: z.boolean() });
const chat = contract("/chat", {
  client: { post: z.string(), history, typing, sum },
  server: { line: z.string(), confirm, feed: sum },
});
const client = connect(chat, { url: "ws://test" });

// The caller writes Input and reads Output.
expectTypeOf(client.request("history", { limit: "1" })).toEqualTypeOf<Promise<number[]>>();
expectTypeOf(client.stream("typing", {})).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
void client.request("history", { limit: "1", from: "then" }, { timeout: 10, signal: AbortSignal.abort() });
// @ts-expect-error -- the caller writes the Input of the schema, not its Output
void client.request("history", { limit: 1 });
// @ts-expect-error -- the limit is required
void client.request("history", {});
// @ts-expect-error -- the input is required
void client.request("history");
// @ts-expect-error -- a timeout is a number
void client.request("history", { limit: "1" }, { timeout: "10" });

// Each method accepts only the names of its kind that this peer sends.
// @ts-expect-error -- the contract has no such request
void client.request("histroy", { limit: "1" });
// @ts-expect-error -- it is an event
void client.request("post", "x");
// @ts-expect-error -- it is a stream
void client.request("typing", {});
// @ts-expect-error -- it is a request
client.send("history", { limit: "1" });
// @ts-expect-error -- it is a request
client.stream("history", { limit: "1" });
// @ts-expect-error -- the server sends this request
void client.request("confirm", "x");

// An upload is required if the stream declares one, and not allowed otherwise.
client.stream("sum", {}, { upload: ["1"] });
client.stream("sum", {}, { upload: (async function* () {})() });
// @ts-expect-error -- the upload is required
client.stream("sum", {});
// @ts-expect-error -- the upload is required
client.stream("sum", {}, { timeout: 1 });
// @ts-expect-error -- the items of the upload are strings
client.stream("sum", {}, { upload: [1] });
// @ts-expect-error -- a string is one item, not many
client.stream("sum", {}, { upload: "123" });
// @ts-expect-error -- the stream has no upload
client.stream("typing", {}, { upload: ["1"] });

// The client handles the requests and streams of the server.
const removeHandler: () => void = client.handle("confirm", (n, { signal, deadline }) => {
  expectTypeOf(n).toEqualTypeOf<number>();
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
  return deadline !== undefined;
});
removeHandler();
client.handle("feed", async function* (_, { upload }) {
  for await (const n of upload) yield n;
});
// @ts-expect-error -- the reply is a boolean
client.handle("confirm", () => "yes");
// @ts-expect-error -- a request has no upload
client.handle("confirm", (_, { upload }) => upload === undefined);
// @ts-expect-error -- it is an event
client.handle("line", () => true);
// @ts-expect-error -- it is a request
client.on("confirm", () => true);
// @ts-expect-error -- the client sends this request
client.handle("history", () => []);

// `isDeclared` narrows by code.
const error: unknown = undefined;
if (isDeclared(history, error)) {
  expectTypeOf(error).toEqualTypeOf<DeclaredError<typeof history>>();
  if (error.code === "GONE") expectTypeOf(error.data).toEqualTypeOf<{ since: number }>();
  else expectTypeOf(error.data).toBeUndefined();
  // @ts-expect-error -- the request declares no such code
  void (error.code === "LOST");
}
expectTypeOf<DeclaredError<typeof typing>>().toBeNever();

// A stream without an upload may be asked again; a request may not.
client.stream("typing", {}, { onLost: "restart", timeout: 10 });
// @ts-expect-error -- the items of an upload are gone
client.stream("sum", {}, { upload: ["1"], onLost: "restart" });
// @ts-expect-error -- a request may have changed something: the application decides
void client.request("history", { limit: "1" }, { onLost: "restart" });

// A contract that has only events has nothing to request and nothing to handle.
const bare = connect(contract("/bare", { client: { post: z.string() } }), { url: "ws://test" });
// @ts-expect-error -- it is an event
void bare.request("post", "x");
// @ts-expect-error -- the contract has no stream
bare.stream("post", "x");
// @ts-expect-error -- the server sends no request
bare.handle("post", () => {});

// Names may be those of properties that all objects have.
// oxlint-disable-next-line unicorn/no-thenable -- the test is about this name
const then = "then";
const odd = connect(contract("/odd", { client: { [then]: history, constructor: sum } }), {
  url: "ws://test",
});
expectTypeOf(odd.request("then", { limit: "1" })).toEqualTypeOf<Promise<number[]>>();
// @ts-expect-error -- it is a stream
void odd.request("constructor", {});
// @ts-expect-error -- all objects have the property, but the contract does not declare it
void odd.request("toString", {});

// A message whose input may be undefined needs no argument; another one does.
const quiet = contract("/quiet", {
  client: {
    ping: z.void(),
    poke: z.undefined(),
    nudge: z.object({ hard: z.boolean() }).optional(),
    any: z.unknown(),
    now: request({ input: z.void(), output: z.number() }),
    ticks: stream({ input: z.undefined(), output: z.number() }),
    sum: stream({ input: z.void(), upload: z.number(), output: z.number() }),
  },
});
const quietClient = connect(quiet, { url: "ws://test" });
quietClient.send("ping");
quietClient.send("poke");
quietClient.send("nudge");
quietClient.send("nudge", { hard: true });
quietClient.send("ping", undefined, { volatile: true });
expectTypeOf(quietClient.request("now")).toEqualTypeOf<Promise<number>>();
void quietClient.request("now", undefined, { timeout: 10 });
expectTypeOf(quietClient.stream("ticks")).toEqualTypeOf<AsyncGenerator<number, void, undefined>>();
quietClient.stream("sum", undefined, { upload: [1] });
// @ts-expect-error -- the event has no data
quietClient.send("ping", 1);
// @ts-expect-error -- the request has no input
void quietClient.request("now", 1);
// @ts-expect-error -- a schema that takes anything is given something
quietClient.send("any");
// @ts-expect-error -- the upload is required
quietClient.stream("sum");
