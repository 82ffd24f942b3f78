/** Damages journals, from a seed. */

type Random = (limit: number) => number;

/** The numbers of a seed, each from 0 to below `limit` (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** A record of the journal: where it is, and the sessions and rooms that it is about. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly subjects: readonly string[];
}

/** Changes a journal in one way. @returns the changed bytes, and the range of the original that is damaged, if it is known. */
type Damage = (
  journal: Buffer,
  random: Random,
  spans: readonly Span[],
) => {
  readonly bytes: Buffer;
  /** Everything in this range may be lost, and nothing else. */
  readonly range: readonly [start: number, end: number];
};

const insertAt = (journal: Buffer, at: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([journal.subarray(0, at), inserted, journal.subarray(at)]);

/** The ways in which a journal may be damaged. */
export const damages: Readonly<Record<string, Damage>> = {
  "a flipped bit": (journal, random) => {
    const at = random(journal.length);
    const bytes = Buffer.from(journal);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
    return { bytes, range: [at, at + 1] };
  },
  "bytes that are overwritten": (journal, random) => {
    const [at, length] = [random(journal.length), 1 + random(300)];
    const end = Math.min(journal.length, at + length);
    const bytes = Buffer.from(journal);
    for (let index = at; index < end; index += 1) bytes.writeUInt8(random(256), index);
    return { bytes, range: [at, end] };
  },
  "a block of zeros": (journal, random) => {
    const [at, length] = [random(journal.length), 1 + random(300)];
    const bytes = Buffer.from(journal).fill(0, at, at + length);
    return { bytes, range: [at, Math.min(journal.length, at + length)] };
  },
  "inserted garbage": (journal, random) => {
    const at = random(journal.length + 1);
    return {
      bytes: insertAt(
        journal,
        at,
        Uint8Array.from({ length: 1 + random(300) }, () => random(256)),
      ),
      range: [at, at],
    };
  },
  "a part that occurs twice": (journal, random) => {
    const [at, from] = [random(journal.length + 1), random(journal.length)];
    return { bytes: insertAt(journal, at, journal.subarray(from, from + random(2_000))), range: [at, at] };
  },
  "a record that occurs twice": (journal, random, spans) => {
    const { start, end } = spans[1 + random(spans.length - 1)] ?? { start: 0, end: 0 };
    return { bytes: insertAt(journal, end, journal.subarray(start, end)), range: [end, end] };
  },
  "a record that is missing": (journal, random, spans) => {
    const { start, end } = spans[1 + random(spans.length - 1)] ?? { start: 0, end: 0 };
    return { bytes: Buffer.concat([journal.subarray(0, start), journal.subarray(end)]), range: [start, end] };
  },
  "an end that was cut off": (journal, random) => {
    const at = random(journal.length);
    return { bytes: Buffer.from(journal.subarray(0, at)), range: [at, journal.length] };
  },
};
