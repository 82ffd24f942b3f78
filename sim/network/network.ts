import type { Agenda, Half } from "../virtual/scheduler.ts";
import type { Chance } from "../virtual/seeded-random.ts";
import { type Parcel, Lane, type Weather } from "./pipe.ts";
import { type End, hangUp, type Line, say } from "./virtual-wire.ts";
import type { Trace } from "../trace/trace.ts";

/** What becomes of dials: accepted, refused at once, or never answered; `slow` is added to each, in ms. */
export interface Dialing {
  answer: "given" | "refused" | "never";
  slow: number;
}

/** A server's process, as the network reaches it. */
export interface Answering {
  /** A handshake arrived: `open` accepts it and gives it an end. */
  knock(line: Line, protocols: readonly string[], open: (protocol: string, end: End) => void): void;
  /** A line is over for the server. */
  left(line: Line): void;
}

/** Everything between the two machines: lines with all that is on its way on them. */
export class Network {
  readonly agenda: Agenda;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly weather: Weather;
  readonly lines: Line[] = [];
  /** The session that each client was welcomed to last. */
  readonly sids = new Map<number, string>();
  readonly dialing: Dialing = { answer: "given", slow: 0 };
  /** The server's process; undefined while there is none. */
  server: Answering | undefined;

  constructor(ground: { agenda: Agenda; chance: Chance; trace: Trace; weather: Weather }) {
    this.agenda = ground.agenda;
    this.chance = ground.chance;
    this.trace = ground.trace;
    this.weather = ground.weather;
  }

  /** The lines that are not over for both machines. */
  get open(): readonly Line[] {
    return this.lines.filter(({ over }) => !over.client || !over.server);
  }

  /** Dials, for a client or, without one, for an attacker. */
  dial(client: number | undefined, protocols: readonly string[], near: End): Line {
    const undecided: End = {
      take: ({ is }) => (is === "knock" ? this.#knocked(line, protocols) : this.left(line)),
    };
    const ends: Record<Half, End> = { client: near, server: undecided };
    const lane = (reader: Half): Lane => new Lane(this, reader, (parcel) => ends[reader].take(parcel));
    const line: Line = {
      id: this.lines.length + 1,
      client,
      up: lane("server"),
      down: lane("client"),
      ends,
      reached: undefined,
      over: { client: false, server: true },
    };
    this.lines.push(line);
    this.trace.add({ is: "dial", line: line.id, client });
    const { answer, slow } = this.dialing;
    if (answer === "given") line.up.put({ is: "knock" }, slow);
    else if (answer === "refused") line.down.break(0, slow);
    return line;
  }

  /** An attacker dials and says something; what it hears is given to `heard`. */
  attack(protocols: readonly string[], message: string, heard: (parcel: Parcel) => void): Line {
    const line = this.dial(undefined, protocols, {
      take: (parcel) => {
        if (parcel.is === "open") say(line, "client", message, this.trace);
        else if (parcel.is !== "message") hangUp(line, "client", 1006, this.trace);
        heard(parcel);
      },
    });
    return line;
  }

  /** A process of the server is gone, and with it its end of every line. */
  crashed(process: Answering | undefined, notice: () => number | undefined): void {
    if (process === this.server) this.server = undefined;
    for (const line of this.open) {
      if (line.reached !== process) continue;
      hangUp(line, "server", 1006, this.trace);
      line.down.break(this.chance.whole(0, 3), notice());
    }
  }

  /** A client says hello on a new line: soon after, what was held up on an older one of it comes. */
  greeted({ id, client }: Line): void {
    for (const older of this.open)
      if (older.client === client && older.id < id)
        this.agenda.plan(undefined, this.chance.between(0, 4 * this.weather.latency), () =>
          older.up.release("a ghost"),
        );
  }

  /** A line is over for the server. */
  left(line: Line): void {
    line.reached?.left(line);
  }

  #knocked(line: Line, protocols: readonly string[]): void {
    const { server } = this;
    if (!server) return void line.down.break(0, 0);
    line.reached = server;
    server.knock(line, protocols, (protocol, end) => {
      line.ends.server = end;
      line.over.server = false;
      line.down.put({ is: "open", protocol });
    });
  }
}
