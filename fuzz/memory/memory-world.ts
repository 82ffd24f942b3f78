import { type AppOptions, createApp } from "@symbolon/server";
import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { type Application, createApplication } from "../application/application.ts";
import type { Findings } from "../oracle/findings.ts";
import type { MemoryMeter } from "../oracle/memory-meter.ts";
import { turns } from "../oracle/turn-meter.ts";
import type { World, WorldOptions } from "../scenario.ts";
import { FuzzClient, honest, type Manners } from "./fuzz-client.ts";

/** How many detached sessions a small server keeps. */
export const smallDetached = 30;
/** The limits of a small server; what its rooms keep is in bytes. */
const smallLimits = { historyBytes: 8 * 2 ** 20, trustProxy: false };
/** Whether the app has a bound for the history of its rooms. */
export const boundsHistory: boolean = "historyBytes" in createApp().limits;
/** After so much time a detached session may have expired, in ms. */
const sleeperTime = 100_000;
/** After how many cases the detached session is resumed. */
const sleeperCases = 8;
/** For how many turns sessions may expire, a few in each. */
const maxTurns = 5_000;
/** The most errors of the app that one case may cause: each is a line in a log. */
const maxErrors = 500;

/** Which client. */
export interface ClientChoice {
  readonly mode?: "json" | "msgpack" | "plain";
  readonly manners?: Manners;
  readonly path?: string;
  readonly address?: string;
}

/** A real app in memory, and two clients that do nothing wrong: one is connected, the session of the other is detached. */
export class MemoryWorld implements World {
  readonly application: Application;
  /** Whether the app keeps few detached sessions, and little history of rooms. */
  readonly isSmall: boolean;
  readonly findings: Findings;
  readonly memory: MemoryMeter;
  readonly #clients = new Set<FuzzClient>();
  readonly #bystander: FuzzClient;
  readonly #sleeper: FuzzClient;
  #sleepsSince = 0;
  #cases = 0;
  #errors = 0;

  constructor({ findings, memory, random }: WorldOptions) {
    const small: AppOptions = {
      sessions: { maxDetached: smallDetached },
      ...(boundsHistory && { limits: smallLimits }),
    };
    this.isSmall = random.chance(0.5);
    this.application = createApplication(findings, this.isSmall ? small : {});
    this.findings = findings;
    this.memory = memory;
    const { app } = this.application;
    this.#bystander = new FuzzClient(app, findings, { path: "/open/bystander", address: "bystander" });
    this.#sleeper = new FuzzClient(app, findings, { path: "/open/sleeper", address: "sleeper" });
  }

  /** Makes a client of a drawn kind. It leaves when the batch ends. */
  client(random: SeededRandom, choice: ClientChoice = {}): FuzzClient {
    const { mode = random.pick(["json", "json", "msgpack", "plain"] as const), manners = honest } = choice;
    const isSigned = random.chance(0.5);
    const room = random.pick(["lobby", "a", "b"]);
    const client = new FuzzClient(
      this.application.app,
      this.findings,
      {
        path: choice.path ?? `/${isSigned ? "signed" : "open"}/${room}`,
        token: isSigned ? `user${random.integer(1, 40)}` : undefined,
        address: choice.address ?? `10.0.0.${random.integer(1, 60)}`,
      },
      mode,
      manners,
    );
    this.#clients.add(client);
    return client;
  }

  /** Checks how much is kept while clients are connected. */
  checkHeld(limit: number): void {
    this.memory.checkCase("while clients are connected", limit);
  }

  async afterCase(isHeavy: boolean): Promise<void> {
    this.#cases += 1;
    for (const client of this.#clients) if (client.isOpen) client.drop();
    this.#clients.clear();
    const errors = this.application.errors();
    if (errors - this.#errors > maxErrors)
      this.findings.report("errors", `one case caused ${errors - this.#errors} errors of the app`);
    this.#errors = errors;
    await this.checkBystander();
    if (isHeavy || this.#cases % sleeperCases === 0) await this.#checkSleeper();
  }

  /** Checks that a client which does nothing wrong is answered within a second. */
  async checkBystander(): Promise<void> {
    const client = this.#bystander;
    if (!client.isOpen) {
      if (client.closed !== undefined)
        this.findings.report("bystander", `it was closed with ${client.closed.code} ${client.closed.reason}`);
      await client.connect();
    }
    const q = client.nextId();
    client.send({ t: "request", q, name: "echo", data: q });
    for (let step = 0; step < 20 && !client.answers.has(q); step += 1) {
      await turns(2);
      if (!client.answers.has(q)) this.application.clock.advance(50);
    }
    if (!client.answers.delete(q))
      this.findings.report("bystander", "it has no answer after a second of the app's clock");
    client.acknowledge();
    await turns();
  }

  async settle(): Promise<void> {
    const { app, pass } = this.application;
    this.#bystander.leave();
    await pass(600_000);
    for (let turn = 0; turn < maxTurns && app.gauges().detached > 0; turn += 1) await turns();
    for (const [name, value] of Object.entries(app.gauges()))
      if (value !== 0) this.findings.report("gauges", `${name} is ${value} when all clients are gone`);
    this.memory.checkBatch("all clients are gone");
  }

  async close(): Promise<void> {
    const { app, pass } = this.application;
    const ended = app.end();
    await pass(60_000); // handlers that still run get their time
    await ended;
  }

  /** Checks that a detached session, which does nothing wrong, resumes. */
  async #checkSleeper(): Promise<void> {
    const client = this.#sleeper;
    const { now } = this.application.clock;
    const mayExpire = client.welcome === undefined || now - this.#sleepsSince > sleeperTime;
    await client.connect();
    if (!mayExpire && client.state !== "resumed")
      this.findings.report(
        "bystander",
        `its detached session did not resume: ${client.state ?? `closed with ${client.closed?.code}`}`,
      );
    client.send({ t: "event", name: "note", data: { n: 1 } });
    await turns(2);
    client.acknowledge();
    await turns();
    client.drop();
    this.#sleepsSince = now;
    await turns(2);
  }
}
