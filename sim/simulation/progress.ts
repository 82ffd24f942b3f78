import type { World } from "../faults/world.ts";
import type { TraceRecord, Unfinished } from "../trace/trace.ts";

/** What has not ended yet: clients that are not connected, messages without an outcome, handlers, packets. */
export function* findUnfinished({ clients, server, application, network }: World): Generator<Unfinished> {
  const { pendingSends, runningHandlers } = application;
  for (const { id, isOpen } of clients) {
    if (!isOpen) yield { invariant: "I18", description: `client ${id} is not connected` };
    const { conversation, detached = true } = server.current?.conversationOf(id) ?? {};
    if (detached) yield { invariant: "I18", description: `the server has no wire to client ${id}` };
    for (const [n, origin] of pendingSends)
      if (origin.conversation === undefined || origin.conversation === conversation)
        yield { invariant: "I19", description: `message ${n} has no outcome` };
  }
  for (const machine of ["client", "server"] as const)
    if (runningHandlers[machine] > 0)
      yield { invariant: "I20", description: `a handler of the ${machine} has not settled` };
  for (const { id, up, down, closed } of network.openWires)
    if (!closed.client && !closed.server && up.inFlight + down.inFlight > 0)
      yield { invariant: "I20", description: `packets are under way on wire ${id}` };
}

/** Counts what is left of the clients' and the server's state. */
export function countLeftovers({
  scheduler,
  server,
  network,
  page,
  storeHost,
}: World): Extract<TraceRecord, { type: "end" }> {
  // A process with a store renews its leases, and ends the sessions that no process has, for as long as it runs.
  const beats = server.current?.hasStore === true ? 1 : 0;
  return {
    type: "end",
    timers: scheduler.pendingOn("client") + scheduler.pendingOn("server") - beats,
    clockSubscribers: (server.current?.clock.subscribers ?? 0) - beats,
    conversations: server.current?.conversations.size ?? 0,
    wires: network.openWires.filter((wire) => !wire.closed.server || wire.client !== undefined).length,
    listeners: page.listeners,
    storedSessions: storeHost.storedSessions,
  };
}
