import type { Ledger } from "../trace/trace-index.ts";
import type { Invariant } from "./invariant.ts";

/** So many dials in so many ms are too many. */
const window = { ms: 10_000, dials: 25 };

/** Connections that a client may lose after the last fault: to what was broken before, and to what its server has lost. */
const losses = 3;

/** Once nothing goes wrong any more, four minutes of virtual time have to be enough. */
export const I18: Invariant = {
  name: "I18",
  says: "Once faults stop, every client becomes live, and stays so.",
  *broken(ledger) {
    yield* unrest(ledger, "I18");
    const [quiet] = ledger.all("quiet");
    for (const client of ledger.clients) {
      const dials = ledger
        .all("dial")
        .filter((dial) => dial.client === client && dial.place > Number(quiet?.place));
      if (dials.length > losses)
        yield `client ${client} dialed ${dials.length} times though nothing went wrong`;
    }
  },
};

export const I19: Invariant = {
  name: "I19",
  says: "Once faults stop, every send ends.",
  broken: (ledger) => unrest(ledger, "I19"),
};

/** Everything the client says is handled in the end unless its sender was told otherwise, and so is what the server said last. */
export const I20: Invariant = {
  name: "I20",
  says: "Once faults stop, nothing that can be handed over stays behind.",
  *broken(ledger) {
    yield* unrest(ledger, "I20");
    const [rest] = ledger.all("rest");
    for (const said of ledger.all("said")) {
      const { n, by, kind, conv } = said;
      if (kind !== "event" || ledger.of("handling", n).length > 0) continue;
      const [outcome] = ledger.of("outcome", n);
      const over = ledger.all("over").some((one) => one.conv === conv && one.place < (rest?.place ?? 0));
      const gone = ledger.mayBeGone(said);
      if (outcome === undefined && by === "client") yield `${n} of the client was never handed over`;
      if (outcome === undefined && by === "server" && !over && !gone && latest(ledger, conv))
        yield `${n} of the server was never handed over`;
    }
  },
};

export const I21: Invariant = {
  name: "I21",
  says: "In the end no session, timer, socket or listener is left.",
  *broken(ledger) {
    const replaced = ledger.all("fault").some(({ fault }) => fault === "replace");
    for (const { is: _, at: __, place: ___, ...left } of ledger.all("end"))
      for (const [what, many] of Object.entries(left))
        // What a store did that nobody learned of, or only who died since, stays in it until the next process begins.
        if (many > 0 && !(what === "stored" && (ledger.troubled || replaced)))
          yield `${many} ${what} are left`;
  },
};

export const I22: Invariant = {
  name: "I22",
  says: "Nobody dials all the time.",
  *broken(ledger) {
    for (const client of ledger.clients) {
      const dials = ledger.all("dial").filter((dial) => dial.client === client);
      for (const [index, { at }] of dials.entries()) {
        const last = dials[index + window.dials];
        if (!last || last.at - at >= window.ms) continue;
        yield `client ${client} dialed ${window.dials} times within ${window.ms} ms`;
        return;
      }
    }
  },
};

function* unrest(ledger: Ledger, name: string): Generator<string> {
  for (const { unrest } of ledger.all("rest")) for (const { of, what } of unrest) if (of === name) yield what;
}

function latest(ledger: Ledger, conv: number | undefined): boolean {
  const setup = ledger.all("setup").find((one) => one.conv === conv);
  return ledger.all("setup").findLast(({ client }) => client === setup?.client)?.conv === conv;
}
