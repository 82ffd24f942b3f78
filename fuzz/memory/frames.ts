import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import type { AnyFrame } from "./fuzz-client.ts";

/** The largest number that the protocol has. */
export const largest: number = 2 ** 53 - 1;

/** Values for a field of any type. */
const oddValues: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 32,
  largest,
  largest + 1,
  1e308,
  "",
  "x",
  "x".repeat(129),
  "x".repeat(5_000),
  "\u0000",
  "\r\nSet-Cookie: a=b",
  "__proto__",
  "constructor",
  "*",
  [],
  [1],
  [0, -1, largest],
  {},
  { a: 1 },
  JSON.parse('{"then":1}'),
];

/** A value of any type. */
export function oddValue(random: SeededRandom): unknown {
  return random.pick(oddValues);
}

/** One of the names of the contract's messages, or another. */
export function nameOf(random: SeededRandom): string {
  return random.pick([
    "say",
    "note",
    "echo",
    "count",
    "nothing",
    "__proto__",
    "constructor",
    "toString",
    "said",
  ]);
}

/** A frame of a client as the protocol describes it. */
export function validFrame(random: SeededRandom, client: { nextId(): number }): AnyFrame {
  const q = client.nextId();
  return random.pick<() => AnyFrame>([
    () => ({ t: "event", name: "say", data: { text: "hello" }, q }),
    () => ({ t: "event", name: "note", data: { n: 1 } }),
    () => ({ t: "request", q, name: "echo", data: oddValue(random), deadline: 5_000 }),
    () => ({ t: "stream", q, name: "count", data: { to: 3 } }),
    () => ({ t: "reply", re: q, data: 1 }),
    () => ({ t: "next", q, data: 1 }),
    () => ({ t: "next", re: q, data: 1 }),
    () => ({ t: "end", q }),
    () => ({ t: "credit", q, n: 20, b: 300_000 }),
    () => ({ t: "cancel", q }),
    () => ({ t: "cancel", re: q }),
    () => ({ t: "error", re: q, code: "X", message: "x" }),
  ])();
}

/** A frame of the connection, of a client or of a server. */
export function connectionFrame(random: SeededRandom): AnyFrame {
  return random.pick<AnyFrame>([
    { t: "ack", a: 1 },
    { t: "ping", n: 1 },
    { t: "pong", n: 1 },
    { t: "bye", why: "x" },
    { t: "auth", token: "user2" },
    { t: "reauth", by: 1 },
    { t: "goaway", at: 1 },
    { t: "welcome", state: "new" },
    { t: "room", room: "a", ep: "e", off: 1 },
    { t: "said", room: "a", o: 2, p: 1, name: "said" },
    { t: "skip", room: "a", o: 2, p: 1 },
    { t: "gap", from: 1, to: 2, why: "trimmed" },
    { t: "hello", v: 1, cid: "c", key: "k".repeat(43), att: 1, w: 1, wb: 1 },
  ]);
}

/** Changes a field of a frame, adds one, or removes one. */
export function damaged(random: SeededRandom, frame: AnyFrame): AnyFrame {
  const fields: Record<string, unknown> = { ...frame };
  const name = random.pick([...Object.keys(fields), "s", "a", "q", "re", "but", "extra"]);
  if (random.chance(0.2)) delete fields[name];
  else fields[name] = oddValue(random);
  return fields as AnyFrame;
}

/** A message that is no frame. */
export function garbage(random: SeededRandom): string | Uint8Array {
  return random.pick<() => string | Uint8Array>([
    () => "",
    () => "null",
    () => "[]",
    () => "{",
    () => '{"t":"event"',
    () => "[".repeat(random.integer(60, 20_000)),
    () => `{"t":"event","name":"note","data":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`,
    () => `{"t":"event","name":"note","data":{${keys(random.integer(9_000, 9_100))}}}`,
    () => '{"t":"event","__proto__":{"polluted":1},"name":"note"}',
    () => '{"t":"request","q":1,"name":"echo","data":{"__proto__":{"polluted":1}}}',
    () => Uint8Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 255)),
    // MessagePack: an array, a map, a text and an extension that name a length of 4 GiB; then deep nesting.
    () => Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
    () => Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff),
    () => Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 0x61),
    () => Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0x42),
    () => new Uint8Array(random.integer(60, 20_000)).fill(0x91),
    () => Uint8Array.of(0x81, 0xa1, 0x74, 0xa5, 0x65, 0x76, 0x65, 0x6e, 0x74),
  ])();
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `"${index}":1`).join(",");
}
