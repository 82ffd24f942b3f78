import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { Link } from "./tunnel.ts";
import { calm, drawPlan, type Fault, type Plan } from "./connection-plan.ts";

/** What a proxy does. */
export interface ProxyOptions {
  /** The port of the server. */
  readonly target: number;
  /** What its connections go through is drawn from it, one after another. Default: they go through nothing. */
  readonly chance?: SeededRandom | undefined;
  /** Told of each fault. */
  readonly fault: (kind: Fault) => void;
}

/** One client's way to the server, on which every connection has its own fate. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #calm = false;

  private constructor(server: Server, options: ProxyOptions) {
    this.#server = server;
    this.#options = options;
    server.on("connection", (near) => this.#accept(near));
  }

  /** Listens on a port of its own. */
  static async open(options: ProxyOptions): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Proxy(server, options);
  }

  /** Where the server is reached through it. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The faults end: what they broke is cut, and nothing more breaks. */
  calm(): void {
    this.#calm = true;
    for (const link of this.#links) link.calm();
  }

  /** Ends it with all its connections. */
  close(): void {
    this.#server.close();
    for (const link of this.#links) link.cut();
  }

  #accept(near: Socket): void {
    const { chance, target, fault } = this.#options;
    const plan: Plan = this.#calm || chance === undefined ? calm : drawPlan(chance);
    if (plan.fault?.kind === "refuse") {
      fault("refuse");
      near.resetAndDestroy();
      return;
    }
    const link = new Link(near, connect({ port: target, host: "127.0.0.1", noDelay: true }), {
      plan,
      random: new SeededRandom(chance?.integer(0, 2 ** 32) ?? 0),
      fault,
    });
    this.#links.add(link);
    void link.over.then(() => this.#links.delete(link));
  }
}
