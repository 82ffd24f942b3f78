import type { Reasons } from "./table.ts";

/** The cases and rows without a test, and why. */
export const reasons: Reasons = {
  cases: {
    48: "every transport of this server writes the headers of its 101",
  },
  rows: {},
};
