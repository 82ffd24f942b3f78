let last = 0;

/**
 * Ports to try for a server of a test, other ones each time and in each worker. They are below those that the system
 * hands out by itself, so that a killed server finds its port free again.
 */
export function* ports(worker: number): Generator<number> {
  for (let tried = 0; tried < 500; tried += 1) yield 20_000 + (worker % 20) * 500 + (last++ % 500);
}
