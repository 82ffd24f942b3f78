// S36
/** Frames that no client may send, on each transport, plain and in a session, in JSON and MessagePack, with no option. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { msgpack } from "@symbolon/protocol/msgpack";
import { opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import {
  connect,
  contractCombinations,
  type ContractMode,
  echoes,
  hasSession,
  nextFrame,
  numbers,
  startDefaultServer,
  write,
} from "./default-servers.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const wide = Object.fromEntries(Array.from(letters, (letter) => [letter, 1]));

/** A request whose data are arrays in each other. */
const nested = (mode: ContractMode, depth: number): Buffer => {
  const fields = { ...(hasSession(mode) && { s: 1 }), t: "request", q: 1, name: "echo", data: 0 };
  if (mode !== "symbolon.v1.msgpack") {
    const data = `${"[".repeat(depth)}0${"]".repeat(depth)}`;
    return rawFrame(opcodes.text, JSON.stringify(fields).replace('"data":0', `"data":${data}`));
  }
  const message = msgpack.write(fields) as Uint8Array;
  if (message.at(-1) !== 0) throw new Error("the data are not at the end");
  return rawFrame(
    opcodes.binary,
    Buffer.concat([message.subarray(0, -1), Buffer.alloc(depth, 0x91), Buffer.from([0])]),
  );
};
const request = (fields: object): object => ({ t: "request", q: 1, name: "echo", ...fields });

/** Frames that are invalid wherever they arrive. */
const invalid: [what: string, frame: object][] = [
  ["an unknown kind", { t: "constructor" }],
  ["no kind", { name: "post" }],
  ["an unknown field", request({ admin: true })],
  ["a field that is called constructor", request({ constructor: 1 })],
  ["a name that is a number", { t: "event", name: 7 }],
  ["a name of 129 characters", { t: "event", name: "x".repeat(129) }],
  ["a call without a number", { t: "request", name: "echo" }],
  ["10,044 keys", request({ data: Array.from({ length: 162 }, () => wide) })],
];

/** Numbers out of their range, in each field that has one. */
const outOfRange: [what: string, frame: object][] = numbers.flatMap((value) => [
  [`q ${JSON.stringify(value)}`, request({ q: value })],
  [`deadline ${JSON.stringify(value)}`, request({ deadline: value })],
  [`n ${JSON.stringify(value)}`, { t: "credit", q: 1, n: value, b: 1 }],
  [`b ${JSON.stringify(value)}`, { t: "credit", q: 1, n: 1, b: value }],
]);

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe.each(contractCombinations)("under %s, in mode %s,", (transport, mode) => {
  const start = async () => {
    const server = await startDefaultServer(transport);
    const client = await connect(server.port, mode);
    let s = 0;
    const send = (frame: object): void =>
      client.write(write(mode, { ...(hasSession(mode) && { s: (s += 1) }), ...frame }));
    const stop = async (): Promise<void> => {
      client.socket.destroy();
      await server.close();
    };
    return { server, client, send, stop };
  };

  /** Sends bytes three times. Returns what the client receives, what the handlers got, and whether the server serves others. */
  const answersTo = async (bytes: (mode: ContractMode) => Buffer) => {
    const { server, client, stop } = await start();
    client.write(bytes(mode), bytes(mode), bytes(mode));
    const received: unknown[] = [];
    for (let open = true; open;) {
      const { closed, code, t } = await nextFrame(client);
      open = closed === undefined;
      received.push(closed ?? `${String(t)} ${String(code)}`);
    }
    const answers = { received, handled: [...server.handled], serves: await echoes(server.port, mode) };
    await stop();
    return answers;
  };
  /** A session is closed at the first invalid frame; a plain client gets three errors, and is closed then. */
  const invalidFrame = {
    received: hasSession(mode) ? [4400] : ["error BAD_FRAME", "error BAD_FRAME", "error BAD_FRAME", 1008],
    handled: [],
    serves: true,
  };

  const sequenced = (frame: object) => (mode: ContractMode) =>
    write(mode, { ...(hasSession(mode) && { s: 1 }), ...frame });

  // S18
  test.each(invalid)("a frame with %s is invalid", async (_what, frame) => {
    expect(await answersTo(sequenced(frame))).toEqual(invalidFrame);
  });

  // S18, CVE-2026-45591
  test.each([70, 1_000, 30_000])("a frame that is nested %i deep is invalid", async (depth) => {
    expect(await answersTo((mode) => nested(mode, depth))).toEqual(invalidFrame);
  });

  // S18
  test("a frame that is nested 50 deep is handled", async () => {
    const { client, stop } = await start();
    client.write(nested(mode, 50));
    expect(await nextFrame(client)).toMatchObject({ t: "reply", re: 1 });
    await stop();
  });

  // S18, CVE-2026-32689
  test.each([
    ["text that is not JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["60,000 newlines", "\n".repeat(60_000)],
    ["60,000 brackets", "[".repeat(60_000)],
  ])("%s is one invalid frame", async (_what, text) => {
    expect(await answersTo(() => rawFrame(opcodes.text, text))).toEqual(invalidFrame);
  });

  // S18
  test("bytes that are not MessagePack are an invalid frame", async () => {
    expect(await answersTo(() => rawFrame(opcodes.binary, new Uint8Array([0xc1, 0xff, 0xdd])))).toEqual(
      invalidFrame,
    );
  });

  // S25, SignalR #69283, CVE-2026-33151, CVE-2022-2421
  test("a number out of its range is an invalid frame, in each field", async () => {
    const server = await startDefaultServer(transport);
    for (const [what, frame] of outOfRange) {
      using client = await connect(server.port, mode);
      client.write(sequenced(frame)(mode));
      const answer = await nextFrame(client);
      expect([what, answer["closed"] ?? answer["code"]]).toEqual([
        what,
        hasSession(mode) ? 4400 : "BAD_FRAME",
      ]);
    }
    await server.close();
  });

  // S25
  test("more open calls than are allowed close with 4429", async () => {
    const { client, send, stop } = await start();
    for (let q = 1; q <= 67; q += 1) send({ t: "stream", q, name: "items" });
    let frame = await nextFrame(client);
    let errors = 0;
    while (frame["closed"] === undefined) {
      if (frame["t"] === "error") errors += 1;
      frame = await nextFrame(client);
    }
    expect([frame["closed"], errors]).toEqual(hasSession(mode) ? [4429, 0] : [1008, 3]);
    await stop();
  });

  // S19, CVE-2022-2421
  test("names of Object.prototype in a payload reach the handler, and change no prototype", async () => {
    const { client, stop } = await start();
    const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1}';
    const s = hasSession(mode) ? '"s":1,' : "";
    client.write(rawFrame(opcodes.text, `{${s}"t":"request","q":1,"name":"echo","data":${data}}`));
    const { t } = await nextFrame(client);
    expect(t).toBe(mode === "symbolon.v1.msgpack" ? "error" : "reply"); // MessagePack carries no such key back
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    await stop();
  });

  // S19
  test("a frame that has the field __proto__ is invalid", async () => {
    expect(
      await answersTo((mode) =>
        rawFrame(
          opcodes.text,
          `{${hasSession(mode) ? '"s":1,' : ""}"t":"request","q":1,"name":"echo","__proto__":{"polluted":1}}`,
        ),
      ),
    ).toEqual(invalidFrame);
  });

  // S20, graphql-ws #692
  test.each(["nothing", "constructor", "__proto__", "toString", "hasOwnProperty", "then"])(
    "a message %s fails with NOT_FOUND",
    async (name) => {
      const { client, send, stop } = await start();
      send({ t: "event", name, q: 1 });
      send({ t: "request", name, q: 2 });
      send({ t: "stream", name, q: 3 });
      const answers = [await nextFrame(client), await nextFrame(client), await nextFrame(client)];
      const notFound = [2, 3, 1].map(
        (re) => expect.objectContaining({ t: "error", re, code: "NOT_FOUND" }) as unknown,
      );
      expect(answers).toEqual(expect.arrayContaining(notFound));
      await stop();
    },
  );

  // S21
  test("a handler that throws gives INTERNAL with an id, and nothing of its error", async () => {
    const { client, send, stop } = await start();
    send({ t: "event", name: "throws", data: "text", q: 1 });
    expect(await nextFrame(client)).toEqual({
      t: "error",
      re: 1,
      code: "INTERNAL",
      message: expect.not.stringContaining("secret") as unknown,
      data: { id: expect.any(String) as unknown },
    });
    send({ t: "request", name: "rejects", q: 2 });
    expect(await nextFrame(client)).toMatchObject({ t: "error", re: 2, code: "INTERNAL" });
    await stop();
  });

  // S21
  test("the error of a schema has neither the input nor a stack", async () => {
    const { client, send, stop } = await start();
    send({ t: "event", name: "throws", data: { secret: "x".repeat(1_000) }, q: 1 });
    const { code, message, data } = await nextFrame(client);
    expect(code).toBe("INVALID");
    expect(JSON.stringify([message, data])).not.toMatch(/x{100}|\bat .*:\d+:\d+/);
    await stop();
  });

  // S24
  test("a stream that its caller does not read gives 16 items, and others are answered", async () => {
    const { client, send, stop } = await start();
    send({ t: "stream", q: 1, name: "items" });
    send({ t: "credit", q: 1, n: 3, b: Number.MAX_SAFE_INTEGER });
    send({ t: "request", q: 2, name: "echo", data: "other" });
    const received: unknown[] = [];
    for (let frame = await nextFrame(client); frame["t"] !== "reply"; frame = await nextFrame(client))
      received.push(frame["data"]);
    expect(received.length).toBeLessThanOrEqual(16);
    await stop();
  });
});
