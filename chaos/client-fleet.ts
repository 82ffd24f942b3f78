import { setTimeout } from "node:timers/promises";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Fault } from "./connection-plan.ts";
import { Proxy } from "./faulty-proxy.ts";
import type { Verdict } from "./sequence-check.ts";
import { Talker, type TalkerOptions } from "./load-client.ts";

/** Who talks, and how. */
export interface CrowdOptions extends Pick<TalkerOptions, "pace" | "fromLoss" | "life"> {
  /** The port of the server. */
  readonly port: number;
  readonly clients: number;
  readonly seed: number;
  /** Whether connections break. */
  readonly faults: boolean;
  /** Told of each fault. */
  readonly fault: (kind: Fault) => void;
}

const roomSize = 5;

/** Many talkers, each on a way of its own. */
export class Crowd {
  readonly talkers: readonly Talker[];
  readonly #proxies: readonly Proxy[];

  private constructor(talkers: readonly Talker[], proxies: readonly Proxy[]) {
    this.talkers = talkers;
    this.#proxies = proxies;
  }

  /** Resolves when everybody is connected, or has failed to be. */
  static async open({ port, clients, seed, faults, fault, ...options }: CrowdOptions): Promise<Crowd> {
    const talkers: Talker[] = [];
    const proxies: Proxy[] = [];
    for (let index = 0; index < clients; index += 1) {
      const proxy = await Proxy.open({
        target: port,
        chance: faults ? new SeededRandom(seed, `faults of ${index}`) : undefined,
        fault(kind) {
          fault(kind);
          if (kind.startsWith("hole")) talkers[index]?.hearing.holed();
        },
      });
      proxies.push(proxy);
      talkers.push(
        new Talker({
          ...options,
          name: `client-${index}`,
          room: `room-${Math.floor(index / roomSize)}`,
          url: proxy.url,
          chance: new SeededRandom(seed, `words of ${index}`),
          binary: index % 2 === 1,
        }),
      );
    }
    await Promise.all(talkers.map(async ({ client }) => Promise.race([client.opened, client.closed])));
    return new Crowd(talkers, proxies);
  }

  /** Everybody begins to talk. */
  talk(): void {
    for (const talker of this.talkers) talker.talk();
  }

  /** Nothing breaks any more, and everybody ends. Resolves with what has not come to its end after `patience` ms. */
  async end(patience: number): Promise<string[]> {
    for (const proxy of this.#proxies) proxy.calm();
    const stopped = await this.#late(patience, "has not settled", (talker) => talker.stop());
    // What is shouted in a room is all said when its last member has stopped.
    const deaf = await this.#late(patience, "has not heard all", async ({ room, hearing }) => {
      while (!hearing.hasHeard(this.#shoutsIn(room))) await setTimeout(100);
    });
    const left =
      stopped.length > 0 ? [] : await this.#late(patience, "cannot leave", (talker) => talker.leave());
    for (const proxy of this.#proxies) proxy.close();
    return [...stopped, ...deaf, ...left];
  }

  /** What became of all that was said to them. */
  get verdicts(): Verdict[] {
    return this.talkers.flatMap(({ name, room, hearing }) => {
      const verdicts = hearing.verdicts(this.#shoutsIn(room));
      return verdicts.map((verdict) => ({ ...verdict, of: `${verdict.of}, heard by ${name}` }));
    });
  }

  /** Of everybody the sum. */
  sum(of: (talker: Talker) => number): number {
    return this.talkers.reduce((sum, talker) => sum + of(talker), 0);
  }

  /** How much everybody in a room has shouted. */
  #shoutsIn(room: string): Map<string, number> {
    const members = this.talkers.filter((talker) => talker.room === room);
    return new Map(members.map((one) => [one.name, one.told("shout").said]));
  }

  async #late(patience: number, what: string, act: (talker: Talker) => Promise<void>): Promise<string[]> {
    const late = new Set(this.talkers);
    const each = this.talkers.map(async (talker) => {
      await act(talker).then(
        () => late.delete(talker),
        (error: unknown) => talker.failures.push(String(error)),
      );
    });
    await Promise.race([Promise.all(each), setTimeout(patience, undefined, { ref: false })]);
    return Array.from(late, ({ name }) => `${name} ${what}`);
  }
}
