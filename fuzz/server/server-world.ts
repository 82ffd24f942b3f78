import { connect, type Client, openSocket } from "@symbolon/client";
import { msgpack } from "@symbolon/protocol/msgpack";
import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { open } from "../application/contract.ts";
import type { Findings } from "../oracle/findings.ts";
import type { MemoryMeter } from "../oracle/memory-meter.ts";
import { turns } from "../oracle/turn-meter.ts";
import type { World, WorldOptions } from "../scenario.ts";
import { HostileServer } from "./hostile-server.ts";
import { VirtualTime } from "./virtual-time.ts";

/** The most dials in a minute. The backoff of a correct client needs about 10. */
const maxDials = 40;

/** How the application uses its client. */
export interface AppOptions {
  /** Whether its listener for `tick` never finishes. */
  readonly hangs: boolean;
  /** Whether its messages are in MessagePack. @default drawn */
  readonly isPacked?: boolean;
}

/** One real client, its application, and the server that is hostile to it. */
export interface Attack {
  readonly server: HostileServer;
  readonly time: VirtualTime;
  readonly client: Client<typeof open>;
}

/** Real clients, each with a hostile server, in virtual time. */
export class ServerWorld implements World {
  readonly findings: Findings;
  readonly memory: MemoryMeter;

  constructor({ findings, memory }: WorldOptions) {
    this.findings = findings;
    this.memory = memory;
  }

  /** Runs a case with a client of a contract, and checks afterwards that nothing of it is left. */
  async attack(
    random: SeededRandom,
    { hangs, isPacked = random.chance(0.4) }: AppOptions,
    run: (attack: Attack) => Promise<void>,
  ): Promise<void> {
    const time = new VirtualTime();
    const server = new HostileServer(random, this.findings, time);
    const client = connect(open, {
      url: "ws://localhost",
      params: { room: "lobby" },
      WebSocket: server.WebSocket,
      ...(isPacked && { codec: msgpack }),
    });
    client.opened.catch(() => {});
    client.on("tick", () => (hangs ? new Promise(() => {}) : undefined));
    client.on("said", () => {});
    client.handle("asked", (input) => input);
    client.handle("list", function* list() {
      for (let n = 0; n < 2_000; n += 1) yield n;
    });
    try {
      await time.pass(random.integer(5, 60));
      await run({ server, time, client });
      await this.#end(client, server, time);
    } finally {
      time.restore();
    }
  }

  /** Runs a case with a raw socket. */
  async attackSocket(
    random: SeededRandom,
    run: (server: HostileServer, time: VirtualTime, socket: ReturnType<typeof openSocket>) => Promise<void>,
  ): Promise<void> {
    const time = new VirtualTime();
    const server = new HostileServer(random, this.findings, time);
    const socket = openSocket("ws://localhost/feed", { WebSocket: server.WebSocket });
    try {
      await time.pass(random.integer(5, 60));
      await run(server, time, socket);
      await this.#end(socket, server, time);
    } finally {
      time.restore();
    }
  }

  /** Checks that the client does not dial without a wait. */
  checkDials({ dials }: HostileServer, ms: number): void {
    const most = maxDials * Math.max(1, ms / 60_000);
    if (dials > most) this.findings.report("dials", `the client has dialed ${dials} times in ${ms} ms`);
  }

  async afterCase(): Promise<void> {
    await turns();
  }

  async settle(): Promise<void> {
    await turns(5);
    this.memory.checkBatch("all clients are closed");
  }

  async close(): Promise<void> {}

  async #end(
    client: { close(): void },
    { open: wires, findings }: HostileServer,
    time: VirtualTime,
  ): Promise<void> {
    client.close();
    await time.pass(60_000);
    if (wires.size > 0) findings.report("gauges", `${wires.size} wires are open when the client is closed`);
    if (time.timers > 0) findings.report("gauges", `${time.timers} timers wait when the client is closed`);
  }
}
