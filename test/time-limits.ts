/** The time limit of a test, in ms. Vitest's default of 5 s is too short on a machine whose cores are all busy. */
export const testTimeout = 20_000;

/** The options of a test that takes more than half a second on an idle machine. */
export const slow = { timeout: 60_000 };
