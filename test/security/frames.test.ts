// S36
/** Frames that no client may send, on each transport, plain and in a session, in JSON and MessagePack, with no option. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { msgpack } from "@symbolon/protocol/msgpack";
import { callFrames } from "@symbolon/protocol/internal";
import { opcodes, type RawClient, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { hello } from "../../packages/server/test/session/connect-session.ts";
import {
  connect,
  contractCombinations,
  type ContractMode,
  echoes,
  hasSession,
  headersOf,
  startDefaultServer,
  write,
} from "./default-servers.ts";
import { connectRawClient } from "../../packages/server/test/node/raw-client.ts";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const wide = Object.fromEntries(Array.from(letters, (letter) => [letter, 1]));

/** A request whose data are arrays in each other. */
const nested = (mode: ContractMode, depth: number): Buffer => {
  const fields = { ...(hasSession(mode) && { s: 1 }), t: "request", q: 1, name: "echo", data: 0 };
  if (mode !== "symbolon.v1.msgpack") {
    const data = `${"[".repeat(depth)}0${"]".repeat(depth)}`;
    return rawFrame(opcodes.text, JSON.stringify(fields).replace('"data":0', `"data":${data}`));
  }
  const message = msgpack.write(fields as never) as Uint8Array;
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

const numbers: unknown[] = [0, -1, 0.5, -(2 ** 53), 2 ** 53, 1e300, "1", null, true, [], {}];

/** Numbers out of their range, in each field that has one. */
const outOfRange: [what: string, frame: object][] = numbers.flatMap((value) => [
  [`q ${JSON.stringify(value)}`, request({ q: value })],
  [`deadline ${JSON.stringify(value)}`, request({ deadline: value })],
  [`n ${JSON.stringify(value)}`, { t: "credit", q: 1, n: value, b: 1 }],
  [`b ${JSON.stringify(value)}`, { t: "credit", q: 1, n: 1, b: value }],
]);

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

/** The next frame that is not an acknowledgement. */
async function nextFrame(client: RawClient): Promise<Record<string, unknown>> {
  for (;;) {
    const { opcode, payload } = await client.frame();
    if (opcode === opcodes.close) return { closed: payload.readUInt16BE(0) };
    const message = opcode === opcodes.text ? payload.toString() : new Uint8Array(payload);
    const {
      s: _s,
      a: _a,
      ...frame
    } = msgpack.read(message, { shapes: callFrames }) as never as Record<string, unknown>;
    if (frame["t"] !== "ack") return frame;
  }
}

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

  /** In a session the first one closes; a plain client gets three errors, and is closed then. */
  const expectInvalid = async (bytes: (mode: ContractMode) => Buffer, code = 4400): Promise<void> => {
    const { server, client, stop } = await start();
    client.write(bytes(mode), bytes(mode), bytes(mode));
    if (!hasSession(mode))
      for (let count = 0; count < 3; count += 1)
        expect(await nextFrame(client)).toMatchObject({ t: "error", code: "BAD_FRAME" });
    expect(await nextFrame(client)).toEqual({ closed: hasSession(mode) ? code : 1008 });
    expect(server.handled).toEqual([]);
    expect(await echoes(server.port, mode)).toBe(true);
    await stop();
  };

  const sequenced = (frame: object) => (mode: ContractMode) =>
    write(mode, { ...(hasSession(mode) && { s: 1 }), ...frame });

  // S18
  test.each(invalid)("a frame with %s is invalid", (_what, frame) => expectInvalid(sequenced(frame)));

  // S18, CVE-2026-45591
  test.each([70, 1_000, 30_000])("a frame that is nested %i deep is invalid", (depth) =>
    expectInvalid((mode) => nested(mode, depth)),
  );

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
  ])("%s is one invalid frame", (_what, text) => expectInvalid(() => rawFrame(opcodes.text, text)));

  // S18
  test("bytes that are not MessagePack are an invalid frame", () =>
    expectInvalid(() => rawFrame(opcodes.binary, new Uint8Array([0xc1, 0xff, 0xdd]))));

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
  test("a frame that has the field __proto__ is invalid", () =>
    expectInvalid((mode) =>
      rawFrame(
        opcodes.text,
        `{${hasSession(mode) ? '"s":1,' : ""}"t":"request","q":1,"name":"echo","__proto__":{"polluted":1}}`,
      ),
    ));

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

describe.each(contractCombinations.filter(([, mode]) => hasSession(mode)))(
  "under %s, in mode %s, a session",
  (transport, mode) => {
    // S11, CVE-2026-35523
    test.each<[string, Buffer, number]>([
      ["an event", write(mode, { s: 1, t: "event", name: "post", data: 1 }), 4401],
      ["an event without a sequence", rawFrame(opcodes.text, '{"t":"event","name":"post","data":1}'), 4401],
      ["a ping", rawFrame(opcodes.text, '{"t":"ping","n":1}'), 4401],
      ["an auth", rawFrame(opcodes.text, '{"t":"auth","token":"t"}'), 4401],
      [
        "40 KiB and more",
        rawFrame(opcodes.text, JSON.stringify({ ...hello, auth: "x".repeat(41_000) })),
        4400,
      ],
    ])("that begins with %s is closed, and no handler runs", async (_what, bytes, code) => {
      const server = await startDefaultServer(transport);
      using client = await connectRawClient(server.port);
      await client.open("/notes", headersOf(mode));
      client.write(bytes);
      const [closed] = await client.closeFrame();
      expect([4400, 4401]).toContain(closed);
      if (mode === "symbolon.v1.json") expect(closed).toBe(code);
      expect(server.handled).toEqual([]);
      client.socket.destroy();
      await server.close();
    });

    // S25
    test.runIf(hasSession(mode))(
      "a sequence or an acknowledgement out of its range closes with 4400",
      async () => {
        const server = await startDefaultServer(transport);
        for (const value of [...numbers, 99])
          for (const fields of [{ s: 1, a: value }, ...(value === 99 ? [] : [{ s: value }])]) {
            using client = await connect(server.port, mode);
            client.write(write(mode, request({ ...fields })));
            expect([fields, await nextFrame(client)]).toEqual([fields, { closed: 4400 }]);
          }
        await server.close();
      },
    );

    // S12
    test("of an unknown version closes with 4400, and the reason lists the known one", async () => {
      const server = await startDefaultServer(transport);
      using client = await connectRawClient(server.port);
      await client.open("/notes", headersOf(mode));
      client.write(rawFrame(opcodes.text, JSON.stringify({ ...hello, v: 2 })));
      const [code, reason] = await client.closeFrame();
      expect(code).toBe(4400);
      expect(reason).toMatch(/\b1\b/);
      client.socket.destroy();
      await server.close();
    });

    // S13, graphql-ws #692
    test.each(["__proto__", "constructor", "no such session"])(
      "that resumes one called %s gets a new one",
      async (sid) => {
        const server = await startDefaultServer(transport);
        using client = await connectRawClient(server.port);
        await client.open("/notes", headersOf(mode));
        const resume = { sid, rt: sid, ep: sid, rx: 0, tx0: 1 };
        client.write(rawFrame(opcodes.text, JSON.stringify({ ...hello, cid: "__proto__", resume })));
        expect(await nextFrame(client)).toMatchObject({ t: "welcome", state: "reset", why: "unknown" });
        client.socket.destroy();
        await server.close();
      },
    );
  },
);
