import type { WebSocketClass, WebSocketLike } from "@symbolon/client";
import type { FrameCodec, Message } from "@symbolon/protocol";
import { byteLength, fromClient, jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import type { SeededRandom } from "../../sim/virtual/seeded-random.ts";
import { type AnyFrame, kindOf } from "../memory/fuzz-client.ts";
import { CreditCheck } from "../oracle/credit-check.ts";
import type { Findings } from "../oracle/findings.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How a server answers the dials of a client. */
export interface ServerManners {
  /** How it answers a socket. */
  readonly dial: "accept" | "refuse" | "never";
  /** Fields that replace those of a correct `welcome`. */
  readonly welcome?: object;
  /** Whether it sends a `welcome`. @default true */
  readonly welcomes?: boolean;
  /** Runs after each `welcome`. */
  readonly afterWelcome?: (server: HostileServer) => void;
}

type Listener = (event: { readonly type: string }) => void;

/** A server that speaks the protocol, by hand, to one client: what a correct server does, unless a step has it send something else. */
export class HostileServer {
  /** How often the client has dialed. */
  dials = 0;
  /** The wires that are open. */
  readonly open = new Set<ServerSocket>();
  /** The newest wire. */
  socket: ServerSocket | undefined;
  manners: ServerManners = { dial: "accept" };
  /** The last sequence that it gave. */
  sequence = 0;
  /** The client's frames that have arrived, up to this sequence. */
  received = 0;
  /** Calls of the client that have no answer. */
  readonly calls: AnyFrame[] = [];
  /** Whether it acknowledges. */
  acknowledges = true;
  lastId = 0;
  readonly random: SeededRandom;
  readonly findings: Findings;
  readonly time: VirtualTime;
  readonly WebSocket: WebSocketClass;
  readonly #credit: { readonly w: number; readonly wb: number };
  #check: CreditCheck;
  #sessions = 0;

  constructor(random: SeededRandom, findings: Findings, time: VirtualTime) {
    this.random = random;
    this.findings = findings;
    this.time = time;
    this.#credit = random.pick([
      { w: 64, wb: 2 ** 20 },
      { w: 1, wb: 1 },
      { w: 2 ** 53 - 1, wb: 2 ** 53 - 1 },
    ]);
    this.#check = new CreditCheck(findings, this.#credit);
    this.WebSocket = socketClassOf(this);
  }

  /** Sends a frame of the conversation, with its number. */
  send(frame: AnyFrame): void {
    const { socket } = this;
    if (socket === undefined) return;
    this.#beforeSending(frame);
    const s = (this.sequence += 1);
    socket.deliver(socket.codec.stamp(socket.codec.write(frame as never), { s }));
  }

  /** Sends a frame of the connection, or one that is invalid. */
  sendFrame(frame: AnyFrame): void {
    this.#beforeSending(frame);
    this.socket?.deliver(JSON.stringify(frame));
  }

  /** The client has sent a message. */
  receive(socket: ServerSocket, message: Message): void {
    if (!socket.isSession) return this.findings.count("server's frames received: raw");
    const frame = socket.codec.read(message, fromClient) as AnyFrame;
    const { t, s } = frame as { readonly t: string; readonly s?: number };
    this.findings.count(`server's frames received: ${t}`);
    if (t === "hello") return this.#welcome(socket, frame);
    if (s !== undefined && s <= this.received) return;
    if (s !== undefined) this.received = s;
    this.#check.receive(frame, s, byteLength(message));
    if (t === "request" || t === "stream") this.calls.push(frame);
    if (s !== undefined && this.acknowledges && socket === this.socket) {
      this.sendFrame({ t: "ack", a: this.received });
    }
  }

  #beforeSending(frame: AnyFrame): void {
    this.findings.count(`server's frames sent: ${kindOf(frame)}`);
    if (typeof frame["a"] === "number") this.#check.acknowledged(frame["a"]);
    if (typeof frame["re"] === "number") this.#check.answered(frame["re"]);
    if (frame.t === "credit") this.#check.granted(Number(frame["q"]), Number(frame["n"]), Number(frame["b"]));
  }

  #welcome(socket: ServerSocket, { resume }: AnyFrame): void {
    if (this.manners.welcomes === false) return;
    const { rx, sid } = Object(resume) as { readonly rx?: number; readonly sid?: string };
    const state = resume === undefined ? "new" : this.random.chance(0.8) ? "resumed" : "reset";
    if (state !== "resumed") {
      this.#sessions += 1;
      this.sequence = 0;
      this.received = 0;
      this.calls.length = 0;
      this.#check = new CreditCheck(this.findings, this.#credit);
    } else this.sequence = rx ?? 0;
    this.socket = socket;
    this.findings.count(`server's welcomes: ${state}`);
    this.sendFrame({
      t: "welcome",
      state,
      sid: state === "resumed" ? sid : `session${this.#sessions}`,
      rt: "secret",
      ep: `epoch${this.#sessions}`,
      rx: this.received,
      ...this.#credit,
      heartbeat: { i: 25_000, t: 10_000 },
      ttl: 120_000,
      limits: { message: 65_536 },
      ...this.manners.welcome,
    });
    this.manners.afterWelcome?.(this);
  }
}

/** The class of the sockets that lead to a server. */
function socketClassOf(server: HostileServer): WebSocketClass {
  return class extends ServerSocket {
    constructor(_url: string, protocols: string[] = []) {
      super(server, protocols);
    }
  };
}

/** The client's `WebSocket`, which leads to the server in memory. */
class ServerSocket implements WebSocketLike {
  readyState = 0;
  bufferedAmount = 0;
  protocol = "";
  binaryType = "blob";
  readonly isSession: boolean;
  readonly #server: HostileServer;
  readonly #listeners: Record<string, Listener[]> = {};

  constructor(server: HostileServer, protocols: readonly string[]) {
    this.#server = server;
    this.isSession = protocols.length > 0;
    server.dials += 1;
    const { dial } = server.manners;
    if (dial === "never") return;
    server.time.after(2, () => {
      if (this.readyState !== 0) return;
      if (dial === "refuse") return this.end(1006, "");
      this.protocol = protocols[0] ?? "";
      this.readyState = 1;
      server.open.add(this);
      if (!this.isSession) server.socket = this;
      this.#dispatch({ type: "open" });
    });
  }

  /** How frames of the conversation are written. */
  get codec(): FrameCodec {
    return this.protocol === msgpack.protocol ? msgpack : jsonFrames;
  }

  addEventListener(type: string, listener: Listener): void {
    (this.#listeners[type] ??= []).push(listener);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.readyState === 1) this.#server.receive(this, data);
  }

  close(code?: number, reason = ""): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.#server.open.delete(this);
    this.#server.time.after(1, () => this.end(code ?? 1005, reason));
  }

  terminate(): void {
    this.close(1006);
  }

  /** The server's message arrives. */
  deliver(message: Message): void {
    if (this.readyState !== 1) return;
    const data = typeof message === "string" ? message : message.slice().buffer;
    this.#dispatch({ type: "message", data });
  }

  /** The server closes. */
  end(code: number, reason: string): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.#server.open.delete(this);
    if (code === 1006) this.#dispatch({ type: "error" });
    this.#dispatch({ type: "close", code, reason, wasClean: code !== 1006 });
  }

  #dispatch(event: { readonly type: string; readonly [field: string]: unknown }): void {
    for (const listener of this.#listeners[event.type] ?? []) listener(event);
  }
}
