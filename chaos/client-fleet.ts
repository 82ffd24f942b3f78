import { setTimeout } from "node:timers/promises";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import type { Fault } from "./connection-plan.ts";
import type { SentMessages } from "./handler-check.ts";
import type { LoggedMessage } from "./handler-log.ts";
import { Proxy } from "./faulty-proxy.ts";
import type { Verdict } from "./sequence-check.ts";
import { LoadClient, type LoadClientOptions } from "./load-client.ts";

/** The options of a fleet. */
export interface FleetOptions extends Pick<LoadClientOptions, "slowdown" | "fromLoss"> {
  /** The port of the server, or of the balancer before it. */
  readonly port: number;
  readonly clients: number;
  readonly seed: number;
  /** Whether connections break. */
  readonly faults: boolean;
  /** Called at each fault. */
  readonly onFault: (fault: Fault) => void;
  /** Called when a client dials, with its index. @default not called */
  readonly onDial?: (index: number) => void;
}

const roomSize = 5;

/** Many load clients, each with its own proxy. */
export class ClientFleet {
  readonly clients: readonly LoadClient[];
  readonly #proxies: readonly Proxy[];
  readonly #byName: ReadonlyMap<string, LoadClient>;

  private constructor(clients: readonly LoadClient[], proxies: readonly Proxy[]) {
    this.clients = clients;
    this.#byName = new Map(clients.map((client) => [client.name, client]));
    this.#proxies = proxies;
  }

  /** Resolves when every client is connected or has ended. */
  static async open({
    port,
    clients: size,
    seed,
    faults,
    onFault,
    onDial,
    ...options
  }: FleetOptions): Promise<ClientFleet> {
    const clients: LoadClient[] = [];
    const proxies: Proxy[] = [];
    for (let index = 0; index < size; index += 1) {
      const proxy = await Proxy.open({
        target: port,
        random: faults ? new SeededRandom(seed, `faults of ${index}`) : undefined,
        onDial: () => onDial?.(index),
        onFault(fault) {
          onFault(fault);
          if (fault.startsWith("hole")) clients[index]?.inbound.startHole();
        },
      });
      proxies.push(proxy);
      clients.push(
        new LoadClient({
          ...options,
          name: `client-${index}`,
          room: `room-${Math.floor(index / roomSize)}`,
          url: proxy.url,
          random: new SeededRandom(seed, `messages of ${index}`),
          binary: index % 2 === 1,
        }),
      );
    }
    await Promise.all(clients.map(async ({ client }) => Promise.race([client.opened, client.closed])));
    return new ClientFleet(clients, proxies);
  }

  /** Every client starts to send messages. */
  start(): void {
    for (const client of this.clients) client.start();
  }

  /** Cuts the network of all clients, until `restore`. */
  cut(): void {
    for (const proxy of this.#proxies) proxy.cut();
  }

  /** Restores the network of all clients. */
  restore(): void {
    for (const proxy of this.#proxies) proxy.restore();
  }

  /**
   * Stops the faults, then all clients.
   * @param timeout how long each of the three steps may take, in ms
   * @returns a line for each client that exceeded the timeout
   */
  async end(timeout: number): Promise<string[]> {
    for (const proxy of this.#proxies) proxy.calm();
    const unsettled = await this.#late(timeout, "has unsettled messages", (client) => client.stop());
    // The members of a room have sent all their room messages when the last one has stopped.
    const incomplete = await this.#late(timeout, "misses room messages", async ({ room, inbound }) => {
      while (!inbound.hasReceived(this.#roomMessageCounts(room))) await setTimeout(100);
    });
    const unclosed =
      unsettled.length > 0 ? [] : await this.#late(timeout, "does not close", (client) => client.close());
    for (const proxy of this.#proxies) proxy.close();
    return [...unsettled, ...incomplete, ...unclosed];
  }

  /** The verdicts on all messages that the clients received. */
  get verdicts(): Verdict[] {
    return this.clients.flatMap(({ name, room, inbound }) => {
      const verdicts = inbound.verdicts(this.#roomMessageCounts(room));
      return verdicts.map((verdict) => ({ ...verdict, of: `${verdict.of}, received by ${name}` }));
    });
  }

  /** The messages of one name that a client has sent. */
  readonly sent = (client: string, name: LoggedMessage): SentMessages | undefined =>
    this.#byName.get(client)?.sent(name);

  /** Returns the sum of a number over all clients. */
  sum(count: (client: LoadClient) => number): number {
    return this.clients.reduce((sum, client) => sum + count(client), 0);
  }

  /** How many room messages each member of a room has sent. */
  #roomMessageCounts(room: string): Map<string, number> {
    const members = this.clients.filter((client) => client.room === room);
    return new Map(members.map((member) => [member.name, member.sent("postToRoom").count]));
  }

  async #late(
    timeout: number,
    problem: string,
    act: (client: LoadClient) => Promise<void>,
  ): Promise<string[]> {
    const late = new Set(this.clients);
    const each = this.clients.map(async (client) => {
      await act(client).then(
        () => late.delete(client),
        (error: unknown) => client.failures.push(String(error)),
      );
    });
    await Promise.race([Promise.all(each), setTimeout(timeout, undefined, { ref: false })]);
    return Array.from(late, ({ name }) => `${name} ${problem}`);
  }
}
