// S36
/** Bytes that no client may send, on each transport and for each kind of client, with no option. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { closePayload, opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { combinations, connect, echoes, startDefaultServer } from "./default-servers.ts";

const { text: TEXT, close: CLOSE, ping: PING, pong: PONG, continuation: MORE } = opcodes;

type Row = readonly [code: number, what: string, bytes: Buffer];

/** A header of a frame that announces so many bytes, in hexadecimal, and brings few. */
const announcing = (length: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0xff]), Buffer.from(length, "hex"), Buffer.alloc(8)]);

/** A message in fragments, which does not end. */
const fragments = (count: number, each: string): Buffer =>
  Buffer.concat([
    rawFrame(TEXT, each, { fin: false }),
    ...Array.from({ length: count }, () => rawFrame(MORE, each, { fin: false })),
  ]);

const tooLarge: Row[] = [
  [1009, "a message of 64 KiB and a byte", rawFrame(TEXT, "x".repeat(65_537))],
  [1009, "fragments of 64 KiB and a byte together", fragments(2, "x".repeat(30_000))],
  [1009, "fragments without end", fragments(100, "x".repeat(60_000))],
  [1009, "a length of 2^62", announcing("4000000000000000")],
  [1009, "a length of 2^63", announcing("8000000000000000")],
  [1009, "a length of 2^64 - 1", announcing("ffffffffffffffff")],
];

const tooMany: Row[] = [
  [1008, "20,000 fragments of a byte", fragments(20_000, "x")],
  [1008, "17,000 empty fragments", fragments(17_000, "")],
];

const invalid: Row[] = [
  [1002, "an unmasked frame", rawFrame(TEXT, "hi", { masked: false })],
  [1002, "RSV1, as compressed messages have", rawFrame(TEXT, "hi", { rsv: 4 })],
  [1002, "RSV2", rawFrame(TEXT, "hi", { rsv: 2 })],
  [1002, "RSV3", rawFrame(TEXT, "hi", { rsv: 1 })],
  [1002, "a reserved opcode", rawFrame(3, "hi")],
  [1002, "a reserved control opcode", rawFrame(11, "hi")],
  [1002, "a ping in fragments", rawFrame(PING, "hi", { fin: false })],
  [1002, "a pong of 126 bytes", rawFrame(PONG, "x".repeat(126))],
  [1002, "a continuation without a message", rawFrame(MORE, "hi")],
  [
    1002,
    "a message inside of another",
    Buffer.concat([rawFrame(TEXT, "a", { fin: false }), rawFrame(TEXT, "b")]),
  ],
  [1002, "a close frame of one byte", rawFrame(CLOSE, "x")],
  [1002, "the close code 1005", rawFrame(CLOSE, closePayload(1005))],
  [1002, "the close code 999", rawFrame(CLOSE, closePayload(999))],
  [1002, "the close code 5000", rawFrame(CLOSE, closePayload(5000))],
  [1007, "a text that is not UTF-8", rawFrame(TEXT, new Uint8Array([0xc3, 0x28]))],
  [1007, "a text that ends within a character", rawFrame(TEXT, new Uint8Array([0xe2, 0x82]))],
  [1007, "a close reason that is not UTF-8", rawFrame(CLOSE, closePayload(1000, new Uint8Array([0xff])))],
];

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe.each(combinations)("under %s, in mode %s, the server closes", (transport, mode) => {
  /** How the server answers bytes: the code of its close, what its handlers got, and whether it still serves others. */
  const answerTo = async (bytes: Buffer) => {
    const server = await startDefaultServer(transport);
    using client = await connect(server.port, mode);
    client.write(bytes);
    const [code] = await client.closeFrame();
    const answer = { code, handled: [...server.handled], serves: await echoes(server.port, mode) };
    client.socket.destroy();
    await server.close();
    return answer;
  };

  // S14, CVE-2016-10542, CVE-2020-36048, CVE-2026-42786, CVE-2026-27571, CVE-2026-30241
  test.each(tooLarge)("with %i for %s", async (code, _what, bytes) => {
    expect(await answerTo(bytes)).toEqual({ code, handled: [], serves: true });
  });

  // S16, CVE-2026-48779, ws #2331
  test.each(tooMany)("with %i for %s", async (code, _what, bytes) => {
    expect(await answerTo(bytes)).toEqual({ code, handled: [], serves: true });
  });

  // S17, CVE-2026-54274, nats-server #2025
  test.each(invalid)("with %i for %s", async (code, _what, bytes) => {
    expect(await answerTo(bytes)).toEqual({ code, handled: [], serves: true });
  });
});
