import { Application, usualDelay } from "../app/application.ts";
import { type AppClient, ClientApp } from "../app/client-app.ts";
import { isIntendedError } from "../app/message-rules.ts";
import { PlainClientApp } from "../app/plain-client-app.ts";
import { scheduleWorkload } from "../app/workload.ts";
import { faults } from "../faults/faults.ts";
import type { World } from "../faults/world.ts";
import type { FaultName, Mode } from "../modes/modes.ts";
import { drawSettings, type WorldSettings } from "../modes/settings.ts";
import { Network } from "../network/network.ts";
import type { NetworkConditions } from "../network/pipe.ts";
import { isStoreFailure } from "../store/store-faults.ts";
import { StoreHost } from "../store/store-host.ts";
import { Trace } from "../trace/trace.ts";
import { settlePromises, useVirtualGlobals, type VirtualGlobals } from "../virtual/globals.ts";
import { Page } from "../virtual/page.ts";
import { Scheduler } from "../virtual/scheduler.ts";
import { SeededRandom } from "../virtual/seeded-random.ts";
import { countLeftovers, findUnfinished } from "./progress.ts";
import { Servers } from "./servers.ts";

/** All work has to end so many virtual ms after the last fault. */
const settleTimeout = 240_000;
/** If nothing fails, every client has connected for the first time after so many ms. */
const connectTime = 300;
/** So long the simulation goes on after all work has ended, in ms: a message may be delivered twice. */
const extraTime = 3_000;
/** So many ms after the clients are closed the server must have freed everything; a room keeps its history for a while. */
const cleanupTimeout = 1_200_000;

/** One schedule: two machines, the network between them, a workload and faults, all drawn from one seed. */
export class Simulation implements World {
  /** Runs everything in virtual time. */
  readonly scheduler = new Scheduler();
  /** Records what happens. */
  readonly trace = new Trace(this.scheduler);
  /** Draws the faults. */
  readonly random: SeededRandom;
  /** The page or device of the clients. */
  readonly page = new Page();
  /** How far the wall clock of each machine is off, in ms. */
  readonly clockSkew = { client: 0, server: 0 };
  /** The settings of this world. */
  readonly settings: WorldSettings;
  /** The network. */
  readonly network: Network;
  /** What both machines of the application share. */
  readonly application: Application;
  /** The clients. */
  readonly clients: AppClient[] = [];
  /** The store. */
  readonly storeHost: StoreHost;
  /** The servers. */
  readonly servers: Servers;
  readonly #seed: number;
  readonly #mode: Mode;
  readonly #plain: boolean;

  /** Draws the world. With `plain` the clients use plain mode. */
  constructor(seed: number, mode: Mode, { plain = false } = {}) {
    this.#plain = plain;
    const { scheduler, trace } = this;
    // Each part draws from a stream of its own. The names of the streams belong to the seed: another name, other numbers.
    const stream = (name: string): SeededRandom => new SeededRandom(seed, name);
    this.#seed = seed;
    this.#mode = mode;
    this.random = stream("faults");
    this.settings = drawSettings(
      stream("settings"),
      mode.stores ?? ["none"],
      mode.maxDetached ?? 100,
      mode.maxNodes ?? 1,
    );
    this.storeHost = new StoreHost({ scheduler, trace, random: stream("store") }, this.settings.store);
    this.network = new Network({
      scheduler,
      trace,
      random: stream("network"),
      conditions: drawConditions(stream("weather"), mode),
    });
    this.application = new Application({ scheduler, trace, random: stream("application") });
    const { application, network, storeHost, settings } = this;
    this.servers = new Servers({ application, network, storeHost, settings });
  }

  /** Runs the schedule, from the first dial until nothing is left. */
  async run(): Promise<Trace> {
    const { duration, clients } = this.settings;
    const onRejection = (error: unknown): void => {
      if (!isStoreFailure(error)) this.application.recordError(undefined, error);
    };
    process.on("unhandledRejection", onRejection);
    useVirtualGlobals(this.#globals());
    this.trace.add({ type: "world", settings: this.settings });
    this.servers.start();
    const ClientClass = this.#plain ? PlainClientApp : ClientApp;
    for (let id = 1; id <= clients; id += 1)
      this.clients.push(new ClientClass(id, this.application, this.network, this.settings));
    scheduleWorkload(this, new SeededRandom(this.#seed, "traffic"), this.#mode.compareWithPlain);
    this.#scheduleFaults();
    await this.#pass(duration);
    this.#stopFaults();
    await this.#pass(settleTimeout, () => findUnfinished(this).next().done === true);
    this.trace.add({ type: "settled", unfinished: [...findUnfinished(this)] });
    await this.#pass(extraTime);
    for (const client of this.clients) client.close();
    await this.#pass(cleanupTimeout, () => this.#isCleanedUp());
    this.trace.add(countLeftovers(this));
    for (const process of this.servers.living) process.end();
    useVirtualGlobals(undefined);
    await settlePromises();
    process.off("unhandledRejection", onRejection);
    return this.trace;
  }

  #globals(): VirtualGlobals {
    const { scheduler, page, clockSkew } = this;
    return {
      scheduler,
      clockSkew,
      files: this.storeHost.files,
      random: new SeededRandom(this.#seed, "product"),
      onConsoleError: (args) => {
        // A client reports the error of a room message's handler on the console.
        if (!args.some((arg) => isStoreFailure(arg) || isIntendedError(arg)))
          this.application.recordError("client", args[0]);
      },
      window: page.window,
      document: page.document,
      get online() {
        return page.online;
      },
    };
  }

  #scheduleFaults(): void {
    const { maxFaults, faults: weights } = this.#mode;
    const names = Object.entries(weights).flatMap(([name, weight]) =>
      Array.from({ length: weight }, () => name as FaultName),
    );
    const count = maxFaults === 0 ? 0 : this.random.integer(1, maxFaults);
    for (let index = 0; index < count; index += 1) {
      // Sessions begin only once, so some faults strike then; without this hardly any would.
      const until = this.random.chance(0.2) ? connectTime : this.settings.duration;
      this.scheduler.schedule(undefined, this.random.between(0, until), () => {
        const fault = this.random.pick(names);
        const description = faults[fault](this);
        if (description !== undefined) this.trace.add({ type: "fault", fault, description });
      });
    }
  }

  /** Ends every fault. Wires that are broken, or in a black hole, stay so until a machine detects it. */
  #stopFaults(): void {
    this.storeHost.faults.failureRate = 0;
    this.servers.stopFaults();
    this.scheduler.resume("client");
    this.scheduler.resume("server");
    Object.assign(this.network.dials, { answer: "accepted", delay: 0 });
    this.network.conditions.spikeProbability = 0;
    for (const wire of this.network.openWires)
      for (const pipe of [wire.up, wire.down])
        for (const reason of ["stall", "stale uplink"] as const) pipe.unblock(reason);
    for (const delay of Object.values(this.application.handlerDelay)) Object.assign(delay, usualDelay);
    this.page.setOnline(true);
    this.page.setVisible(true);
    this.page.thaw();
    this.trace.add({ type: "faultsStopped" });
  }

  /** Lets `ms` virtual ms pass, or fewer if `isEnough` returns true before. */
  async #pass(ms: number, isEnough: () => boolean = () => false): Promise<void> {
    const until = this.scheduler.now + ms;
    while (this.scheduler.step(until)) {
      await settlePromises();
      if (isEnough()) return;
    }
  }

  #isCleanedUp(): boolean {
    const { type: _, ...counts } = countLeftovers(this);
    // Only long timeouts remain then, and fewer sweeps save time.
    if (counts.conversations + counts.wires === 0)
      for (const { clock } of this.servers.living) clock.slowDown();
    return Object.values(counts).every((count) => count === 0);
  }
}

function drawConditions(random: SeededRandom, { maxFaults }: Mode): NetworkConditions {
  return {
    latency: random.pick([1, 20, 100]),
    spikeProbability: maxFaults === 0 ? 0 : random.pick([0, 0, 0.01, 0.03]),
    batchProbability: random.pick([0, 0.5, 1]),
    bytesPerCharacter: random.pick([1, 1, 100, 2_000]),
  };
}
