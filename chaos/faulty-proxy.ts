import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { SeededRandom } from "../sim/virtual/seeded-random.ts";
import { Tunnel } from "./tunnel.ts";
import { calm, drawPlan, type Fault, type Plan } from "./connection-plan.ts";

/** The options of a proxy. */
export interface ProxyOptions {
  /** The port of the server. */
  readonly target: number;
  /** The proxy draws the plan of each connection from it. @default its connections have no faults */
  readonly random?: SeededRandom | undefined;
  /** Called at each fault. */
  readonly onFault: (fault: Fault) => void;
  /** Called when the client connects to the proxy. @default not called */
  readonly onDial?: (() => void) | undefined;
}

/** A proxy between one client and the server; each connection through it has its own plan. */
export class Proxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #tunnels = new Set<Tunnel>();
  #calm = false;
  #isDown = false;

  private constructor(server: Server, options: ProxyOptions) {
    this.#server = server;
    this.#options = options;
    server.on("connection", (socket) => this.#accept(socket));
  }

  /** Starts a proxy on a free port. */
  static async open(options: ProxyOptions): Promise<Proxy> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Proxy(server, options);
  }

  /** The address at which clients connect to the proxy. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends the faults: cuts the connections that drop bytes, and breaks no more. */
  calm(): void {
    this.#calm = true;
    for (const tunnel of this.#tunnels) tunnel.calm();
  }

  /** Cuts all connections, and resets new ones until `restore`. */
  cut(): void {
    this.#isDown = true;
    for (const tunnel of this.#tunnels) tunnel.cut();
  }

  /** Passes new connections on again. */
  restore(): void {
    this.#isDown = false;
  }

  /** Stops listening, and cuts all connections. */
  close(): void {
    this.#server.close();
    for (const tunnel of this.#tunnels) tunnel.cut();
  }

  #accept(clientSocket: Socket): void {
    const { random, target, onFault, onDial } = this.#options;
    onDial?.();
    if (this.#isDown) return void clientSocket.resetAndDestroy();
    const plan: Plan = this.#calm || random === undefined ? calm : drawPlan(random);
    if (plan.fault?.type === "refuse") {
      onFault("refuse");
      clientSocket.resetAndDestroy();
      return;
    }
    const tunnel = new Tunnel(clientSocket, connect({ port: target, host: "127.0.0.1", noDelay: true }), {
      plan,
      random: new SeededRandom(random?.integer(0, 2 ** 32) ?? 0),
      onFault,
    });
    this.#tunnels.add(tunnel);
    void tunnel.closed.then(() => this.#tunnels.delete(tunnel));
  }
}
