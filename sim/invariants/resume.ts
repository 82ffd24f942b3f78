import type { Found, Ledger } from "../ledger.ts";
import type { SeenFrame } from "../trace.ts";
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
    for (const { conv, life, place } of ledger.all("resumed"))
      if (ledger.all("over").some((over) => over.life === life && over.place < place))
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

/**
 * An attacker's line is never given a session that a client was welcomed to. Who overhears a greeting that the server never
 * answered, as the line had fallen, is the first to say it: that is for TLS to prevent.
 */
export const I15: Invariant = {
  name: "I15",
  says: "Only its principal is given a session, and nobody by a greeting that was used.",
  *broken(ledger) {
    const attackers = new Set(ledger.all("dial").flatMap((dial) => (dial.client ? [] : [dial.line])));
    const genuine = new Set<string>();
    const hellos = new Map<number, SeenFrame>();
    const sessions = new Map<string, { owner?: number; attempt: number }>();
    for (const { by, line, frame } of ledger.all("put")) {
      if (by === "client" && frame.t === "hello") {
        hellos.set(line, frame);
        if (!attackers.has(line)) genuine.add(JSON.stringify(frame));
      }
      if (by !== "server" || frame.t !== "welcome") continue;
      const sid = String(frame["sid"]);
      const hello = hellos.get(line);
      const attempt = Number(hello?.["att"] ?? 0);
      const session = sessions.get(sid) ?? { attempt: 0 };
      sessions.set(sid, session);
      const unused = genuine.has(JSON.stringify(hello)) && attempt > session.attempt;
      if (!attackers.has(line)) session.owner ??= line;
      else if (session.owner !== undefined && !unused)
        yield `the session of line ${session.owner} was given to an attacker on line ${line}`;
      session.attempt = Math.max(session.attempt, attempt);
    }
  },
};

/**
 * A reset needs a reason outside the product: the server began anew and nothing outlived it, the client was away for longer
 * than `grace`, or more was said than the server keeps. A session that its client joined needs one to end, here at least:
 * when its store failed, or gave it to somebody else, it may go on.
 */
export const I24: Invariant = {
  name: "I24",
  says: "No session ends without a cause.",
  *broken(ledger) {
    for (const over of ledger.all("over")) {
      const { conv, life, place } = over;
      const { client: owner, sid } = ledger.all("setup").find((setup) => setup.conv === conv) ?? {};
      if (lostHere(ledger, life, place)) continue;
      const joined = owner !== undefined && ledger.joined(owner).some((one) => one.sid === sid);
      if (!joined || ledger.closed(owner, place) || overflowed(ledger, conv)) continue;
      if (!expired(ledger, over) && !crowdedOut(ledger, life))
        yield `conversation ${conv} ended without a cause`;
    }
    for (const { client, why, place } of ledger.all("reset")) {
      const [left] = ledger
        .joined(client)
        .filter((one) => one.place < place)
        .slice(-2);
      const setup = ledger.all("setup").find(({ sid }) => sid === left?.sid);
      if (!setup) continue;
      const { conv } = setup;
      const lost = ledger
        .all("boot")
        .some(({ history, ...boot }) => history !== "kept" && boot.place > setup.place && boot.place < place);
      const over = ledger
        .all("ended")
        .filter((end) => end.conv === conv && end.place < place)
        .some((end) => !lostHere(ledger, end.life, end.place) || expired(ledger, end));
      if (lost || over || overflowed(ledger, conv) || unrecorded(ledger, conv, place)) continue;
      if (!forgotten(ledger, conv, place)) yield `client ${client} was reset (${why}) without a cause`;
    }
  },
};

/** Whether the store failed, or gave the session to another process or setup, before that one was over. */
function lostHere(ledger: Ledger, life: number, place: number): boolean {
  const setup = ledger.all("setup").find((one) => one.life === life);
  const asked = ledger.all("got").find(({ line, by }) => line === setup?.line && by === "server");
  const within = (one: { readonly place: number }): boolean =>
    one.place > (asked?.place ?? 0) && one.place < place;
  if (ledger.all("trouble").some(within)) return true;
  if (ledger.all("died").some(within) && returned(ledger, setup, within)) return true;
  const moved = ledger.all("fault").find((one) => one.fault === "replace" && within(one));
  if (moved && returned(ledger, setup, (got) => within(got) && got.place > moved.place)) return true;
  const dialed = new Set(ledger.all("dial").flatMap((dial) => (dial.place < place ? [dial.line] : [])));
  // The client has come by a newer line, and waits for the end of this one.
  return ledger
    .all("setup")
    .some((one) => one.conv === setup?.conv && one.life > life && dialed.has(one.line));
}

/** Whether the client of a setup has asked for its session again: the process that took it need not have told anybody. */
function returned(
  ledger: Ledger,
  setup: Found<"setup"> | undefined,
  within: (one: { readonly place: number }) => boolean,
): boolean {
  const own = new Set(
    ledger.all("dial").flatMap(({ client, line }) => (client === setup?.client ? [line] : [])),
  );
  return ledger.all("got").some((got) => {
    const { t, resume } = got.frame;
    const { sid } = Object(resume) as { readonly sid?: unknown };
    return t === "hello" && sid === setup?.sid && own.has(got.line) && within(got);
  });
}

/**
 * Whether nobody was there for `grace` since the client was seen last, though processes may have come and gone: what passes
 * between them is told by the wall clock, which may have jumped ahead.
 */
function forgotten(ledger: Ledger, conv: number, place: number): boolean {
  const before = (one: { readonly place: number }): boolean => one.place < place;
  const here = [...ledger.all("setup"), ...ledger.all("resumed")].filter((one) => one.conv === conv);
  const seen = Math.max(...here.filter(before).map((one) => one.place));
  const away = [...ledger.all("detached").filter((one) => one.conv === conv), ...ledger.all("boot")]
    .filter((one) => before(one) && one.place > seen)
    .map(({ at }) => at);
  const { at = 0 } = ledger.entries[place] ?? {};
  const since = Math.min(...away);
  const ahead = ledger
    .all("jump")
    .filter((jump) => jump.half === "server" && jump.ms > 0 && jump.at >= since && before(jump));
  const passed = ahead.reduce((sum, { ms }) => sum + ms, at - since);
  return passed >= ledger.settings.app.sessions.grace;
}

/** So many events may be unfinished at a client; of what is said beyond them nothing is recorded. */
const window = 256;

/** Whether a process died while more was said than the client had granted. */
function unrecorded(ledger: Ledger, conv: number, place: number): boolean {
  return ledger.all("died").some((died) => {
    if (died.place > place) return false;
    const open = ledger
      .all("said")
      .filter((one) => one.conv === conv && one.kind === "event" && one.place < died.place)
      .filter(({ n }) => !ledger.of("outcome", n).some((one) => one.place < died.place));
    return open.length >= window;
  });
}

/** Whether more sessions waited than may. */
function crowdedOut(ledger: Ledger, life: number): boolean {
  const ended = ledger.all("ended").find((one) => one.life === life);
  const away = new Set<number>();
  for (const { is, life: one } of [
    ...ledger.all("detached"),
    ...ledger.all("resumed"),
    ...ledger.all("ended"),
  ]
    .filter(({ place }) => place < (ended?.place ?? 0))
    .sort((a, b) => a.place - b.place)) {
    if (is === "detached") away.add(one);
    else away.delete(one);
  }
  return away.has(life) && away.size > ledger.settings.app.sessions.maxDetached;
}

/** Whether its client had been away for `grace` by the server's clock, but for what sums of fractions lose. */
function expired(ledger: Ledger, { conv, clock, place }: Found<"ended" | "over">): boolean {
  const detached = ledger.all("detached").findLast((one) => one.conv === conv && one.place < place);
  return detached !== undefined && clock - detached.clock > ledger.settings.app.sessions.grace - 0.001;
}

/** Whether more was said in a conversation than the server keeps: by its own word, at the end. */
function overflowed(ledger: Ledger, conv: number): boolean {
  const { messages } = ledger.settings.app.sessions;
  return ledger.all("ended").some((end) => end.conv === conv && Number(end.undelivered) >= messages);
}
