/** The time limit of a test and of a hook, in ms. Vitest's 5 s are too short on a machine whose cores are all busy. */
export const testTimeout = 60_000;

/** The options of `vi.waitFor` and `vi.waitUntil`. Vitest's 1 s is too short on a machine whose cores are all busy. */
export const waitOptions = { timeout: 45_000 };

/** The options of a test that takes more than a quarter of a second on an idle machine, or checks a property. */
export const slow = { timeout: 180_000 };

/** The options of a test that takes several seconds on an idle machine. */
export const verySlow = { timeout: 600_000 };
