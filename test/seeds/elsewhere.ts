import type { Reasons } from "./table.ts";

/** Cases and rows that are not ours to show, and why. */
export const elsewhere: Reasons = {
  cases: {
    48: "every transport here writes the headers of its 101",
    181: "rooms that keep what they said come later, with their store",
  },
  rows: {},
};
