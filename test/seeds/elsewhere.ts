import type { Reasons } from "./table.ts";

const msgpack = "a MessagePack codec comes later; a codec is an object with `encode` and `decode`";

/** Cases and rows that are not ours to show, and why. */
export const elsewhere: Reasons = {
  cases: {
    12: msgpack,
    16: msgpack,
    48: "every transport here writes the headers of its 101",
    181: "rooms that keep what they said come later, with their store",
  },
  rows: {
    31: "rooms that reach over processes come later, with their store",
  },
};
