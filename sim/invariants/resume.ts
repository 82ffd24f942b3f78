import type { Ledger } from "../ledger.ts";
import type { Invariant } from "./invariant.ts";

/** A client is welcomed to one session after another, and never to one that it left. */
export const I9: Invariant = {
  name: "I9",
  says: "No session comes back that was replaced or has ended.",
  *broken(ledger) {
    for (const client of ledger.clients) {
      const seen = new Set<string>();
      for (const { sid } of ledger.joined(client)) {
        if (seen.has(sid)) yield `client ${client} is back in session ${sid.slice(0, 8)}`;
        seen.add(sid);
      }
    }
    for (const { conv, place } of ledger.all("resumed"))
      if (ledger.all("over").some((over) => over.conv === conv && over.place < place))
        yield `conversation ${conv} resumed after its end`;
  },
};

/** Nothing that an attacker says shows at a genuine client: its newest socket is not closed as superseded. */
export const I10: Invariant = {
  name: "I10",
  says: "An attach that is refused changes nothing.",
  *broken(ledger) {
    for (const { line, by, code, place } of ledger.all("hangup")) {
      if (by !== "client" || code !== 4900) continue;
      const mine = ledger.all("dial").find((dial) => dial.line === line)?.client;
      const newer = ledger
        .all("dial")
        .some((dial) => dial.client === mine && dial.line > line && dial.place < place);
      if (mine !== undefined && !newer)
        yield `line ${line} of client ${mine} was superseded by nobody of its own`;
    }
  },
};

/** An attacker's line is never given a session that a client was welcomed to. */
export const I15: Invariant = {
  name: "I15",
  says: "Only its principal is given a session, and nobody by a greeting that was used.",
  *broken(ledger) {
    const owners = new Map<string, number>();
    const attackers = new Set(ledger.all("dial").flatMap((dial) => (dial.client ? [] : [dial.line])));
    for (const { by, line, frame } of ledger.all("put")) {
      if (by !== "server" || frame.t !== "welcome") continue;
      const sid = String(frame["sid"]);
      const owner = owners.get(sid);
      if (!attackers.has(line)) owners.set(sid, line);
      else if (owner !== undefined)
        yield `the session of line ${owner} was given to an attacker on line ${line}`;
    }
  },
};

/**
 * A reset needs a reason outside the product: the server began anew, the client was away for longer than `grace`, or
 * more was said than the server keeps. A session that its client joined needs one to end.
 */
export const I24: Invariant = {
  name: "I24",
  says: "No session ends without a cause.",
  *broken(ledger) {
    for (const { conv, clock, place } of ledger.all("over")) {
      const { client: owner, sid } = ledger.all("setup").find((setup) => setup.conv === conv) ?? {};
      const joined = owner !== undefined && ledger.joined(owner).some((one) => one.sid === sid);
      if (!joined || ledger.closed(owner, place) || overflowed(ledger, conv)) continue;
      if (!expired(ledger, conv, clock)) yield `conversation ${conv} ended without a cause`;
    }
    for (const { client, why, place } of ledger.all("reset")) {
      const [left] = ledger
        .joined(client)
        .filter((one) => one.place < place)
        .slice(-2);
      const setup = ledger.all("setup").find(({ sid }) => sid === left?.sid);
      if (!setup) continue;
      const restarted = ledger.all("boot").some((boot) => boot.place > setup.place && boot.place < place);
      const over = ledger.all("ended").some((ended) => ended.conv === setup.conv && ended.place < place);
      if (!restarted && !over && !overflowed(ledger, setup.conv))
        yield `client ${client} was reset (${why}) without a cause`;
    }
  },
};

function expired(ledger: Ledger, conv: number, clock: number): boolean {
  const parked = ledger.all("parked").findLast((one) => one.conv === conv);
  return parked !== undefined && clock - parked.clock >= ledger.settings.app.sessions.grace;
}

/** Whether more was said in a conversation than the server keeps: by its own word, at the end. */
function overflowed(ledger: Ledger, conv: number): boolean {
  const { messages } = ledger.settings.app.sessions;
  return ledger.all("ended").some((end) => end.conv === conv && Number(end.undelivered) >= messages);
}
