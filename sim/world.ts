import { Agenda } from "./agenda.ts";
import { Chance } from "./chance.ts";
import { ClientApp } from "./client.ts";
import { Depot, type Opening } from "./depot.ts";
import { faults } from "./faults.ts";
import type { Weather } from "./lane.ts";
import { Life } from "./life.ts";
import type { FaultName, Mode } from "./modes.ts";
import { Network } from "./network.ts";
import { Page } from "./page.ts";
import { PlainApp } from "./plain.ts";
import { settled, standOn } from "./platform.ts";
import type { Scene, Talker } from "./scene.ts";
import { ServerProcess } from "./server.ts";
import { drawSettings, type Settings } from "./settings.ts";
import { calm, isOdd, Stage } from "./stage.ts";
import { Trace, type Unrest } from "./trace.ts";
import { plot } from "./traffic.ts";
import { isTrouble } from "./trouble.ts";

/** So long, in virtual ms, everything has to come to rest once nothing goes wrong any more. */
const patience = 240_000;
/** So long it takes, in ms, until everybody is there for the first time, if nothing goes wrong. */
const dawn = 300;
/** Then it still goes on for so long: something may come twice. */
const afterglow = 3_000;
/** And so long after the clients' end everything has to be gone: what was said in a room is kept for a while. */
const farewell = 1_200_000;

/** One schedule: two machines, the network between them, what is said, and what goes wrong, all drawn from one seed. */
export class World implements Scene {
  readonly agenda = new Agenda();
  readonly trace = new Trace(this.agenda);
  readonly chance: Chance;
  readonly page = new Page();
  readonly skew = { client: 0, server: 0 };
  readonly settings: Settings;
  readonly network: Network;
  readonly stage: Stage;
  readonly clients: Talker[] = [];
  readonly depot: Depot;
  server: ServerProcess | undefined;
  endElder: (() => void) | undefined;
  readonly #seed: number;
  readonly #mode: Mode;
  readonly #plain: boolean;
  #boots = 0;
  /** The server's process, from before it is reached. */
  #life: Life | undefined;
  /** The process before, while it goes on. */
  #elder: { readonly life: Life | undefined; readonly server: ServerProcess | undefined } | undefined;

  /** In a `plain` world clients speak by hand. */
  constructor(seed: number, mode: Mode, { plain = false } = {}) {
    this.#plain = plain;
    const { agenda, trace } = this;
    const chance = (name: string): Chance => new Chance(seed, name);
    this.#seed = seed;
    this.#mode = mode;
    this.chance = chance("faults");
    this.settings = drawSettings(chance("settings"), mode.stores ?? ["none"], mode.maxDetached ?? 100);
    this.depot = new Depot({ agenda, trace, chance: chance("store") }, this.settings.store);
    this.network = new Network({
      agenda,
      trace,
      chance: chance("network"),
      weather: weather(chance("weather"), mode),
    });
    this.stage = new Stage({ agenda, trace, chance: chance("application") });
  }

  /** Lets it happen, from the first dial until nothing is left. */
  async run(): Promise<Trace> {
    const { duration, clients } = this.settings;
    const complain = (what: unknown[]): void => {
      // The console is told of what a room has said in vain.
      if (!what.some((one) => isTrouble(one) || isOdd(one))) this.stage.crashed("client", what[0]);
    };
    const caught = (error: unknown): void => {
      if (!isTrouble(error)) this.stage.crashed(undefined, error);
    };
    process.on("unhandledRejection", caught);
    standOn(this.#ground(complain));
    this.trace.add({ is: "world", settings: this.settings });
    this.boot();
    for (let id = 1; id <= clients; id += 1)
      this.clients.push(
        new (this.#plain ? PlainApp : ClientApp)(id, this.stage, this.network, this.settings),
      );
    plot(this, new Chance(this.#seed, "traffic"), this.#mode.twins);
    this.#plotFaults();
    await this.#pass(duration);
    this.#calmDown();
    await this.#pass(patience, () => this.#unrest().next().done === true);
    this.trace.add({ is: "rest", unrest: [...this.#unrest()] });
    await this.#pass(afterglow);
    for (const client of this.clients) client.close();
    await this.#pass(farewell, () => this.#gone());
    this.trace.add(this.#left());
    this.server?.die();
    standOn(undefined);
    await settled();
    process.off("unhandledRejection", caught);
    return this.trace;
  }

  boot(): void {
    if (this.#life) return;
    const life = new Life(this.agenda);
    this.#life = life;
    const opened = this.depot.open(life);
    if (opened instanceof Promise)
      void opened.then(
        (opening) => this.#begin(life, opening),
        (error: unknown) => {
          if (!isTrouble(error)) this.stage.crashed("server", error);
          this.crash(() => 0);
          this.agenda.plan(undefined, 500, () => this.boot());
        },
      );
    else this.#begin(life, opened);
  }

  crash(notice: () => number | undefined): void {
    this.endElder?.();
    this.#life?.die();
    this.#life = undefined;
    this.depot.files.tear();
    this.#end(this.server, notice);
    this.server = undefined;
  }

  replace(notice: () => number | undefined, again: boolean): void {
    const next = again ? this.#elder : undefined;
    if (!next) this.endElder?.();
    const { life, server } = (this.#elder = { life: this.#life, server: this.server });
    this.#life = next?.life;
    this.server = next?.server;
    this.network.server = next?.server;
    this.endElder = () => {
      this.endElder = undefined;
      this.#elder = undefined;
      life?.die();
      this.#end(server, notice);
    };
    this.boot();
  }

  #end(server: ServerProcess | undefined, notice: () => number | undefined): void {
    server?.die();
    if (server) this.trace.add({ is: "died", boot: server.boot });
    this.network.crashed(server, notice);
  }

  #begin(life: Life, { store, history }: Opening): void {
    if (life !== this.#life) return;
    const { stage, network, settings } = this;
    const boot = (this.#boots += 1);
    this.trace.add({ is: "boot", boot, history });
    this.server = new ServerProcess({ stage, network, settings, boot, ...(store && { store }) });
    this.network.server = this.server;
  }

  #ground(complain: (what: unknown[]) => void) {
    const { agenda, page, skew } = this;
    return {
      agenda,
      skew,
      files: this.depot.files,
      chance: new Chance(this.#seed, "product"),
      complain,
      page: page.window,
      document: page.document,
      get online() {
        return page.online;
      },
    };
  }

  #plotFaults(): void {
    const { faults: most, mix } = this.#mode;
    const names = Object.entries(mix).flatMap(([name, weight]) =>
      Array.from({ length: weight }, () => name as FaultName),
    );
    const many = most === 0 ? 0 : this.chance.whole(1, most);
    for (let count = 0; count < many; count += 1) {
      // A session is begun but once: what goes wrong then would hardly be met.
      const until = this.chance.happens(0.2) ? dawn : this.settings.duration;
      this.agenda.plan(undefined, this.chance.between(0, until), () => {
        const fault = this.chance.oneOf(names);
        const what = faults[fault](this);
        if (what !== undefined) this.trace.add({ is: "fault", fault, what });
      });
    }
  }

  /** Nothing goes wrong any more; what is broken stays broken until somebody notices. */
  #calmDown(): void {
    this.depot.sick = 0;
    this.endElder?.();
    this.boot();
    this.agenda.wake("client");
    this.agenda.wake("server");
    Object.assign(this.network.dialing, { answer: "given", slow: 0 });
    this.network.weather.spikes = 0;
    for (const line of this.network.open)
      for (const lane of [line.up, line.down])
        for (const reason of ["a stall", "a ghost"]) lane.release(reason);
    for (const mood of Object.values(this.stage.mood)) Object.assign(mood, calm);
    this.page.setOnline(true);
    this.page.setVisible(true);
    this.page.thaw();
    this.trace.add({ is: "quiet" });
  }

  /** Lets time pass, `ms` at most, until `enough`; false when that was never so. */
  async #pass(ms: number, enough: () => boolean = () => false): Promise<boolean> {
    const until = this.agenda.now + ms;
    while (this.agenda.step(until)) {
      await settled();
      if (enough()) return true;
    }
    return false;
  }

  /** What has not come to rest yet. */
  *#unrest(): Generator<Unrest> {
    const { unsettled, working } = this.stage;
    for (const { id, open } of this.clients) {
      if (!open) yield { of: "I18", what: `client ${id} is not open` };
      const { conv, detached = true } = this.server?.current(id) ?? {};
      if (detached) yield { of: "I18", what: `client ${id} is away, as the server sees it` };
      for (const [n, said] of unsettled)
        if (said.conv === undefined || said.conv === conv) yield { of: "I19", what: `${n} has no outcome` };
    }
    for (const half of ["client", "server"] as const)
      if (working[half] > 0) yield { of: "I20", what: `a handler of the ${half} is at work` };
    for (const { id, up, down, over } of this.network.open)
      if (!over.client && !over.server && up.moving + down.moving > 0)
        yield { of: "I20", what: `something is on its way on line ${id}` };
  }

  #gone(): boolean {
    const { is: _, ...left } = this.#left();
    if (left.conversations + left.lines === 0) this.server?.clock.doze();
    return Object.values(left).every((many) => many === 0);
  }

  /** What is left of the world. */
  #left() {
    return {
      is: "end",
      timers: this.agenda.waiting("client") + this.agenda.waiting("server"),
      watchers: this.server?.clock.watchers ?? 0,
      conversations: this.server?.conversations.size ?? 0,
      lines: this.network.open.filter((line) => !line.over.server || line.client !== undefined).length,
      listeners: this.page.listeners,
      stored: this.depot.stored,
    } as const;
  }
}

function weather(chance: Chance, { faults }: Mode): Weather {
  return {
    latency: chance.oneOf([1, 20, 100]),
    spikes: faults === 0 ? 0 : chance.oneOf([0, 0, 0.01, 0.03]),
    glue: chance.oneOf([0, 0.5, 1]),
    weight: chance.oneOf([1, 1, 100, 2_000]),
  };
}
