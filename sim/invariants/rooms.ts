import type { Invariant } from "./invariant.ts";

/**
 * Seen where it matters: at the client's handler. What arrived before a reset may wait for a slow handler and be heard
 * after it.
 */
export const I16: Invariant = {
  name: "I16",
  says: "What is said in a room is heard in order and without a hole, or a gap tells.",
  *broken(ledger) {
    const said = ledger.all("said").flatMap(({ n, kind }) => (kind === "room" ? [n] : []));
    // Where there is a store, its order is the room's, and what it does not have was not said.
    const order = ledger.settings.store.is === "none" ? said : ledger.all("placed").map(({ n }) => n);
    const rooms = new Map(Array.from(new Set(order), (n, index) => [n, index]));
    const arrived = new Map<number, number>();
    for (const { by, frame, place } of ledger.all("got")) {
      const n = (frame["data"] as { n?: number } | undefined)?.n;
      if (by === "client" && n !== undefined && !arrived.has(n)) arrived.set(n, place);
    }
    for (const client of ledger.clients) {
      const heard = ledger
        .all("handling")
        .filter((one) => one.by === "client" && one.client === client && rooms.has(one.n));
      const told = [...ledger.all("reset"), ...ledger.all("gap")].filter((one) => one.client === client);
      for (const [index, { n, place }] of heard.entries()) {
        const before = heard[index - 1];
        if (!before) continue;
        const [from = 0, to = 0] = [rooms.get(before.n), rooms.get(n)];
        if (from > to) yield `client ${client} heard ${n} after ${before.n}`;
        const missing = [...rooms.keys()].slice(from + 1, to);
        const known = told.some((one) => one.place > (arrived.get(before.n) ?? 0) && one.place < place);
        if (missing.length > 0 && !known)
          yield `client ${client} did not hear ${missing.join(", ")} in the room, and was not told`;
      }
    }
  },
};
