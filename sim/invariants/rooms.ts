import type { Invariant } from "./invariant.ts";

/** Looks at the client's handlers. A message that arrived before a reset may wait for a slow handler until after it. */
export const I16: Invariant = {
  name: "I16",
  assertion: "A client handles the room's messages in order; if some are missing, it emits a gap or a reset.",
  *violations(trace) {
    const sent = trace.all("sent").flatMap(({ n, kind }) => (kind === "room" ? [n] : []));
    // With a store its order is the room's order, and a message that the store did not append was not sent.
    const hasStore = trace.settings.store.type !== "none";
    const order = hasStore ? trace.all("appended").map(({ n }) => n) : sent;
    const positions = new Map(Array.from(new Set(order), (n, position) => [n, position]));
    const receivedAt = new Map<number, number>();
    for (const { by, frame, index } of trace.all("frameReceived")) {
      const n = (frame["data"] as { n?: number } | undefined)?.n;
      if (by === "client" && n !== undefined && !receivedAt.has(n)) receivedAt.set(n, index);
    }
    for (const client of trace.clients) {
      const handled = trace
        .all("handlerStarted")
        .filter((call) => call.by === "client" && call.client === client && positions.has(call.n));
      const notices = [...trace.all("reset"), ...trace.all("gap")].filter((one) => one.client === client);
      for (const [at, { n, index }] of handled.entries()) {
        const before = handled[at - 1];
        if (!before) continue;
        const [from = 0, to = 0] = [positions.get(before.n), positions.get(n)];
        if (from > to) yield `client ${client} handled ${n} after ${before.n}`;
        const missing = [...positions.keys()].slice(from + 1, to);
        const since = receivedAt.get(before.n) ?? 0;
        const hasNotice = notices.some((notice) => notice.index > since && notice.index < index);
        if (missing.length > 0 && !hasNotice)
          yield `client ${client} missed ${missing.join(", ")} in the room, without a gap or a reset`;
      }
    }
  },
};

/** Looks at attackers with an account of their own: they are in the room from their setup on. */
export const I25: Invariant = {
  name: "I25",
  assertion: "A member receives nothing from before it joined a room, unless it proves that it was a member.",
  *violations(trace) {
    const frames = trace.all("frameSent").filter(({ by }) => by === "server");
    const epochs = new Map<number, string>();
    /** The newest offset of each epoch, as far as the server has sent it. */
    const newest = new Map<string, number>();
    const starts = trace.all("setup").filter(({ client }) => client === undefined);
    const minimal = new Map<number, ReadonlyMap<string, number>>();
    for (const { wire, frame, index } of frames) {
      for (const start of starts)
        if (start.index < index && !minimal.has(start.wire)) minimal.set(start.wire, new Map(newest));
      const { ep } = frame as { readonly ep?: string };
      if (frame.t === "room" && ep !== undefined) {
        epochs.set(wire, ep);
        const from = minimal.get(wire)?.get(ep) ?? 0;
        if (Number(frame["off"]) < from)
          yield `an attacker on wire ${wire} joined the room at ${String(frame["off"])}, and ${from} was sent before`;
      }
      const epoch = epochs.get(wire);
      if (frame.t === "said" && epoch !== undefined)
        newest.set(epoch, Math.max(newest.get(epoch) ?? 0, Number(frame["o"])));
    }
  },
};
