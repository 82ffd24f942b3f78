import { connect as connectTcp, type Socket } from "node:net";
import { serve, type Server } from "@symbolon/server/node";
import { type Application, createApplication } from "../application/application.ts";
import type { Findings } from "../oracle/findings.ts";
import type { MemoryMeter } from "../oracle/memory-meter.ts";
import { turns } from "../oracle/turn-meter.ts";
import type { World, WorldOptions } from "../scenario.ts";
import { rawFrame } from "./raw-frames.ts";

/** How much processor time the bystander may wait for its answer, in ms. */
const maxWait = 1_000;
/** What waits for all clients together in this world, in bytes. */
export const outboundBytes: number = 4 * 2 ** 20;

/** A ping of the server. */
const ping = Buffer.of(0x89, 0);

const handshake = (path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n");

/** A TCP client that writes bytes, and keeps the text that arrives. */
export class RawClient {
  /** The newest text that has arrived. */
  text = "";
  /** Whether the connection has ended. */
  ended = false;
  lastId = 0;
  readonly socket: Socket;
  readonly #keeps: boolean;

  constructor(port: number, keeps = true) {
    this.#keeps = keeps;
    this.socket = connectTcp(port, "127.0.0.1");
    this.socket.on("data", (data) => {
      if (data.includes(ping)) this.write(rawFrame({ opcode: 10 }));
      if (this.#keeps) this.text = (this.text + data.toString("latin1")).slice(-4_000);
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => (this.ended = true));
  }

  nextId(): number {
    return (this.lastId += 1);
  }

  /** Whether the server has closed with 1008. */
  get isRefused(): boolean {
    return this.ended || this.text.includes("\u0003\u00f0");
  }

  write(data: string | Buffer): void {
    if (this.socket.writable) this.socket.write(data);
  }
}

/** An app that is served on a port, and a plain client that does nothing wrong. */
export class TcpWorld implements World {
  readonly application: Application;
  readonly findings: Findings;
  readonly memory: MemoryMeter;
  readonly #server: Server;
  readonly #clients = new Set<RawClient>();
  #bystander: RawClient | undefined;

  static async open({ findings, memory }: WorldOptions): Promise<TcpWorld> {
    const application = createApplication(findings, { limits: { outboundBytes, perAddress: 1_000 } });
    const server = await serve(application.app, { port: 0, host: "127.0.0.1", signals: false });
    return new TcpWorld({ findings, memory, application, server });
  }

  constructor(
    parts: Pick<WorldOptions, "findings" | "memory"> & { application: Application; server: Server },
  ) {
    this.findings = parts.findings;
    this.memory = parts.memory;
    this.application = parts.application;
    this.#server = parts.server;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Connects; with a path it sends a correct handshake. The client leaves when the case is over. */
  async client(path?: string, keeps = true): Promise<RawClient> {
    const client = new RawClient(this.port, keeps);
    this.#clients.add(client);
    if (path === undefined) return client;
    client.write(handshake(path));
    await this.until(() => client.text.includes("\r\n\r\n") || client.ended);
    return client;
  }

  /** Waits until something holds, for so many ms of processor time at the most. @returns whether it does. */
  async until(holds: () => boolean, most: number = maxWait): Promise<boolean> {
    const startedAt = process.cpuUsage();
    while (!holds()) {
      const { user, system } = process.cpuUsage(startedAt);
      if ((user + system) / 1_000 > most) return false;
      await turns(2);
    }
    return true;
  }

  /** Lets time pass on the app's clock, so slowly that clients can answer pings. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      this.application.clock.advance(Math.min(left, 5_000));
      await turns(6);
    }
  }

  async afterCase(): Promise<void> {
    for (const { socket } of this.#clients) socket.destroy();
    await this.until(() => [...this.#clients].every(({ ended }) => ended));
    this.#clients.clear();
    await this.checkBystander();
  }

  /** Checks that a client which does nothing wrong is answered within a second of processor time. */
  async checkBystander(): Promise<void> {
    if (this.#bystander?.ended === true) this.findings.report("bystander", "it was disconnected");
    if (this.#bystander === undefined || this.#bystander.ended) {
      this.#bystander = new RawClient(this.port);
      this.#bystander.write(handshake("/open/bystander"));
    }
    const client = this.#bystander;
    const q = client.nextId();
    client.write(rawFrame({ payload: JSON.stringify({ t: "request", q, name: "echo", data: `<${q}>` }) }));
    this.application.clock.advance(100);
    if (!(await this.until(() => client.text.includes(`<${q}>`))))
      this.findings.report("bystander", "it has no answer after a second of processor time");
  }

  async settle(): Promise<void> {
    const { app } = this.application;
    this.#bystander?.socket.destroy();
    await this.until(() => app.gauges().connected === 0);
    await this.pass(600_000);
    for (const [name, value] of Object.entries(app.gauges()))
      if (value !== 0) this.findings.report("gauges", `${name} is ${value} when all clients are gone`);
    this.memory.checkBatch("all clients are gone");
  }

  async close(): Promise<void> {
    this.#bystander?.socket.destroy();
    for (const { socket } of this.#clients) socket.destroy();
    const progress = { isOver: false };
    void this.#server.close().then(() => (progress.isOver = true));
    while (!progress.isOver) await this.pass(10_000);
  }
}
