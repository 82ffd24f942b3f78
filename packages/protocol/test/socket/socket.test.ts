import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bytes, int, json } from "../../src/socket/codec.ts";
import { CloseError, ValidationError } from "../../src/errors.ts";
import { RawSocket, type SocketCodecs } from "../../src/socket/socket.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { fill } from "../wire/wire-conformance.ts";

/** A socket, and one at the other end of its wire. */
function createSockets<Receive, Send>(codecs?: SocketCodecs<Receive, Send>) {
  const [wire, far] = joinedWires("some.protocol");
  return { socket: new RawSocket(wire, codecs), other: new RawSocket(far), wire, far };
}

/** The values until the iterable ends. */
async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

describe("without codecs", () => {
  test("strings and bytes are sent as they are, other values as JSON", async () => {
    const { socket, other } = createSockets();
    socket.send("{}");
    socket.send(new Uint8Array([1]));
    socket.send({ a: 1 });
    socket.close();
    expect(await collect(other)).toEqual(["{}", new Uint8Array([1]), '{"a":1}']);
  });

  test("empty text and binary messages are received", async () => {
    const { socket, other } = createSockets();
    socket.send("");
    socket.send(new Uint8Array());
    expect([await other.receive(), await other.receive()]).toEqual(["", new Uint8Array()]);
  });

  test("protocol and bufferedAmount are those of the wire", () => {
    const { socket } = createSockets();
    expect([socket.protocol, socket.bufferedAmount]).toEqual(["some.protocol", 0]);
  });
});

describe("codecs", () => {
  test("each direction has its own", async () => {
    const { socket, other } = createSockets({ receive: int, send: json(z.object({ n: z.number() })) });
    other.send("7");
    socket.send({ n: 8 });
    expect([await socket.receive(), await other.receive()]).toEqual([7, '{"n":8}']);
  });

  test("a value the codec cannot write throws at once, and nothing is sent", async () => {
    const { socket, other } = createSockets({ send: int });
    expect(() => socket.send(1.5)).toThrow(ValidationError);
    socket.send(2);
    expect(await other.receive()).toBe("2");
  });

  test("a message that the codec cannot read rejects, and the socket stays open", async () => {
    const { socket, other } = createSockets();
    for (const message of ["a", "b", "7"]) other.send(message);
    await expect(socket.receive(bytes)).rejects.toThrow(ValidationError);
    await expect(socket.receive(int)).rejects.toThrow(ValidationError);
    expect(await socket.receive(int)).toBe(7);
  });

  test("an invalid message throws out of the loop, and the next loop continues", async () => {
    const { socket, other } = createSockets({ receive: int });
    for (const message of ["1", "x", "2"]) other.send(message);
    other.close();
    await expect(collect(socket)).rejects.toThrow(ValidationError);
    expect(await collect(socket)).toEqual([2]);
  });
});

test("receives that wait get messages in their order", async () => {
  const { socket, other } = createSockets();
  const both = Promise.all([socket.receive(int), socket.receive()]);
  other.send("1");
  other.send("2");
  expect(await both).toEqual([1, "2"]);
});

describe("the end", () => {
  test("closed resolves, the signal aborts, and receive rejects after the messages that had arrived", async () => {
    const { socket, other } = createSockets();
    const { signal } = socket;
    other.send("last");
    other.close(4001, "over");
    expect(await socket.closed).toEqual({ code: 4001, reason: "over", wasClean: true });
    expect(signal.reason).toEqual(new CloseError(4001, "over"));
    expect(await socket.receive()).toBe("last");
    await expect(socket.receive()).rejects.toBe(signal.reason);
  });

  test("a close by the peer ends a pending receive and a loop", async () => {
    const { socket, other } = createSockets();
    const pending = socket.receive();
    const looped = collect(socket);
    other.close(1001);
    await expect(pending).rejects.toThrow(new CloseError(1001));
    expect(await looped).toEqual([]);
  });

  test("a signal that is read late is aborted already", async () => {
    const { socket, wire } = createSockets();
    wire.terminate();
    await socket.closed;
    expect(socket.signal.aborted).toBe(true);
    expect(socket.signal.reason).toEqual(new CloseError(1006, "", false));
    expect(socket.signal).toBe(socket.signal);
  });

  test("leaving the loop leaves the socket open", async () => {
    const { socket, other } = createSockets();
    other.send("1");
    other.send("2");
    for await (const message of socket) {
      expect(message).toBe("1");
      break;
    }
    expect(await socket.receive()).toBe("2");
  });

  test("sending after the end rejects with its CloseError, and may be left alone", async () => {
    const { socket, other } = createSockets();
    other.close(4001, "over");
    await socket.closed;
    await expect(socket.send("late")).rejects.toThrow(new CloseError(4001, "over"));
    socket.send("later");
  });

  test("sending after close rejects, though the peer has not answered", async () => {
    const { socket, other } = createSockets();
    socket.send("last");
    socket.close();
    await expect(socket.send("late")).rejects.toThrow(CloseError);
    expect(await collect(other)).toEqual(["last"]);
  });
});

describe("close", () => {
  test("closes once, with 1000 or the given code, and the reason is cut to 123 bytes", async () => {
    const [plain, given] = [createSockets(), createSockets()];
    plain.socket.close();
    expect(await plain.other.closed).toEqual({ code: 1000, reason: "", wasClean: true });
    given.socket.close(4001, "a".repeat(200));
    given.socket.close(4002);
    expect(await given.other.closed).toEqual({ code: 4001, reason: "a".repeat(123), wasClean: true });
    given.socket.close(4003);
    expect((await given.socket.closed).code).toBe(4001);
  });

  test("throws for a code that may not be sent, even after the end", async () => {
    const { socket } = createSockets();
    expect(() => socket.close(1006)).toThrow(RangeError);
    socket.close();
    await socket.closed;
    expect(() => socket.close(1005)).toThrow(RangeError);
  });
});

describe("backpressure", () => {
  test("a send waits while the peer does not read", async () => {
    const { socket, far } = createSockets();
    far.pause();
    const order: string[] = [];
    const sent = socket.send("1").then(() => order.push("sent"));
    await new Promise(setImmediate);
    order.push("resumed");
    far.resume();
    await sent;
    expect(order).toEqual(["resumed", "sent"]);
  });

  test("a send that waits when the socket breaks rejects", async () => {
    const { socket, far, wire } = createSockets();
    far.pause();
    const sent = socket.send("1");
    wire.terminate();
    await expect(sent).rejects.toThrow(new CloseError(1006, "", false));
  });

  test("a socket without a reader stops reading, and continues when messages are received", async () => {
    const { socket, far } = createSockets();
    const { sent, drained } = await flood(far);
    for (let message = 0; message < sent; message += 1) expect(await socket.receive()).toHaveLength(65_536);
    await expect(drained).resolves.toBeUndefined();
  });

  /** Fills a socket that no code reads. */
  async function flood(wire: Parameters<typeof fill>[0]) {
    for (let message = 1; message < 64; message += 1) wire.send(new Uint8Array(65_536));
    await new Promise(setImmediate);
    expect(wire.drained()).toBeUndefined();
    wire.send(new Uint8Array(65_536));
    await new Promise(setImmediate);
    const { sent, drained } = fill(wire);
    return { sent: 64 + sent, drained };
  }
});
