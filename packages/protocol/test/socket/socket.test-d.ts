import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import { binary, bool, bytes, int, json, type Message, text } from "../../src/index.ts";
import { joinedWires, RawSocket } from "../../src/internal.ts";

const [wire] = joinedWires();
const length = json(z.string().transform((line) => line.length));

test("without codecs a socket reads messages and writes any value", () => {
  const socket = new RawSocket(wire);
  expectTypeOf(socket).toEqualTypeOf<RawSocket>();
  expectTypeOf(socket.receive()).resolves.toEqualTypeOf<Message>();
  expectTypeOf<Parameters<typeof socket.send>>().toEqualTypeOf<[value: unknown]>();
});

test("the codecs give the types that are read and written", () => {
  const socket = new RawSocket(wire, { receive: length, send: length });
  expectTypeOf(socket).toEqualTypeOf<RawSocket<number, string>>();
  expectTypeOf(socket[Symbol.asyncIterator]().next()).resolves.toEqualTypeOf<IteratorResult<number, void>>();
  socket.send("abc");
  // @ts-expect-error the codec writes the input of the schema
  socket.send(3);
  void socket.pipe(["abc"]);
  // @ts-expect-error each value is written the same way
  void socket.pipe([3]);
});

test("receive reads by the given codec", () => {
  const socket = new RawSocket(wire, { receive: text });
  expectTypeOf(socket.receive()).resolves.toBeString();
  expectTypeOf(socket.receive(int)).resolves.toBeNumber();
  expectTypeOf(socket.receive(bool)).resolves.toBeBoolean();
  expectTypeOf(socket.receive(bytes)).resolves.toEqualTypeOf<Uint8Array>();
  expectTypeOf(socket.receive(json())).resolves.toBeUnknown();
  expectTypeOf(socket.receive(binary(length))).resolves.toBeNumber();
});
