import type { Half } from "../agenda.ts";
import { judge } from "../invariants/all.ts";
import type { Settings } from "../settings.ts";
import type { Happening, Kind, SeenFrame } from "../trace.ts";

const settings: Settings = {
  clients: 1,
  heartbeat: { interval: 1_000, timeout: 500 },
  sweep: 100,
  terminable: true,
  duration: 10_000,
  said: 20,
  store: { is: "none", late: 0, sync: "os" },
  app: { sessions: { grace: 20_000, messages: 20, maxDetached: 100 } },
  client: { outbox: { messages: 20, full: "reject" } },
};

/** Which invariants a trace breaks that goes on with these happenings, 1 ms apart, once client 1 is in session `a`. */
export function breaks(...happenings: readonly Happening[]): string[] {
  const all = [...begun, ...happenings].map((happening, at) => ({ at, place: at, ...happening }));
  return [...new Set(judge(all).map(({ of }) => of))].sort();
}

export const dial = (line: number, client?: number): Happening => ({ is: "dial", line, client });
export const put = (line: number, by: Half, frame: SeenFrame): Happening => ({ is: "put", line, by, frame });
export const got = (line: number, by: Half, frame: SeenFrame): Happening => ({ is: "got", line, by, frame });
export const setup = (conv: number, sid: string, life = conv, boot = 1): Happening => ({
  is: "setup",
  conv,
  life,
  boot,
  sid,
  line: conv,
  client: 1,
});
export const said = (by: Half, n: number, kind: Kind = "event"): Happening => ({
  is: "said",
  by,
  n,
  kind,
  client: 1,
  ...(by === "server" && { conv: 1 }),
});
export const handling = (by: Half, n: number, conv = 1, life = conv): Happening => ({
  is: "handling",
  by,
  n,
  client: 1,
  conv,
  ...(by === "server" && { life, key: `${conv}:${n}` }),
});
export const handled = (by: Half, n: number, how = "done", life = 1): Happening => ({
  is: "handled",
  by,
  n,
  how,
  ...(by === "server" && { life }),
});
export const outcome = (n: number, how: string): Happening => ({ is: "outcome", n, how });
export const reset: Happening = { is: "reset", client: 1, why: "unknown" };
export const over: Happening = { is: "over", conv: 1, life: 1, clock: 100_000 };

/** A process begins that has nothing of those before. */
export const boot = (count: number): Happening => ({ is: "boot", boot: count, history: "none" });

/** A client joins session `sid` on a line. */
export const joins = (line: number, sid: string): Happening[] => [
  dial(line, 1),
  setup(line, sid),
  put(line, "server", { t: "welcome", sid, w: 1 }),
  got(line, "client", { t: "welcome", sid, w: 1 }),
];

const begun: readonly Happening[] = [{ is: "world", settings }, boot(1), ...joins(1, "a")];
