import type { Closed } from "@symbolon/protocol";

type EndCallback = (closed: Closed) => unknown;

const farewells = new WeakMap<object, EndCallback[]>();

/** Calls `farewell` once when the socket has ended and its handler with it, before the hooks end. */
export function onSocketEnd(socket: object, farewell: EndCallback): void {
  farewells.set(socket, [...(farewells.get(socket) ?? []), farewell]);
}

/** Waits for the end of a socket to which farewells are to be said, and says them. Resolves with what they failed with. */
export async function runEndCallbacks(socket: { readonly closed: Promise<Closed> }): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const farewell of farewells.get(socket) ?? []) {
    try {
      await farewell(await socket.closed);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
