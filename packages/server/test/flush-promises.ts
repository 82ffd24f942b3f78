/** Resolves when everything has happened that only waits for promises. */
export function flushPromises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
