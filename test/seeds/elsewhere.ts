import type { Reasons } from "./table.ts";

/** Cases and rows that are not ours to show, and why. */
export const elsewhere: Reasons = {
  cases: {
    48: "every transport here writes the headers of its 101",
  },
  rows: {},
};
