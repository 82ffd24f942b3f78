import { bool, int, type Message, text } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { createApp } from "../../src/app/app.ts";

const app = createApp();

// A pair has the type of the codec that reads it: its own, else the route's, else messages as they are.
app.ws("/typed", { receive: int, send: text }, async (socket) => {
  expectTypeOf(await socket.pair("how many?")).toBeNumber();
  expectTypeOf(await socket.pair("really?", { as: bool, first: "receive" })).toBeBoolean();
  // @ts-expect-error -- the codec writes strings
  await socket.pair(3);
  // @ts-expect-error -- either sending or receiving comes first
  await socket.pair("first?", { first: "last" });
});
app.ws("/any", async (socket) => {
  expectTypeOf(await socket.pair({ a: 1 })).toEqualTypeOf<Message>();
  expectTypeOf(socket.state).toEqualTypeOf<"connecting" | "open" | "closing" | "closed">();
  await socket.expect("ready");
  await socket.expect({ ready: [true, 1] });
  // @ts-expect-error -- a message is never undefined
  await socket.expect(undefined);
});
