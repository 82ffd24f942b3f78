import type { World } from "../faults/world.ts";
import type { TraceRecord, Unfinished } from "../trace/trace.ts";

/** What has not ended yet: clients that are not connected, messages without an outcome, handlers, packets. */
export function* findUnfinished({ clients, servers, application, network }: World): Generator<Unfinished> {
  const { pendingSends, runningHandlers } = application;
  for (const { id, isOpen } of clients) {
    if (!isOpen) yield { invariant: "I18", description: `client ${id} is not connected` };
    const owner = servers.of(id);
    const { conversation, detached = true } = owner?.conversationOf(id) ?? {};
    if (detached) yield { invariant: "I18", description: `the server has no wire to client ${id}` };
    for (const other of servers.living)
      if (other !== owner && other.conversationOf(id)?.conversation === conversation)
        yield { invariant: "I29", description: `process ${other.id} has the session of client ${id} too` };
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
  servers,
  network,
  page,
  storeHost,
}: World): Extract<TraceRecord, { type: "end" }> {
  // A process with a store renews its leases, and ends the sessions that no process has, for as long as it runs.
  const { living } = servers;
  const beats = living.filter(({ hasStore }) => hasStore).length;
  const sum = (count: (process: (typeof living)[number]) => number): number =>
    living.reduce((total, process) => total + count(process), 0);
  return {
    type: "end",
    timers: scheduler.pendingOn("client") + scheduler.pendingOn("server") - beats,
    clockSubscribers: sum(({ clock }) => clock.subscribers) - beats,
    conversations: sum(({ conversations }) => conversations.size),
    wires: network.openWires.filter((wire) => !wire.closed.server || wire.client !== undefined).length,
    listeners: page.listeners,
    storedSessions: storeHost.storedSessions,
  };
}
