import type { WebSocketLike } from "@symbolon/client";
import type { WorldSettings } from "../modes/settings.ts";
import { makeSocketClass } from "../network/client-socket.ts";
import type { Network } from "../network/network.ts";
import type { MessageKind, TracedFrame } from "../trace/trace.ts";
import type { Application } from "./application.ts";
import type { AppClient } from "./client-app.ts";
import { answerTo, intendedError } from "./message-rules.ts";

/** The application on a client in plain mode: it writes frames by hand, without the real client and without a session. */
export class PlainClientApp implements AppClient {
  /** The client's number. */
  readonly id: number;
  readonly #application: Application;
  readonly #socket: WebSocketLike;
  #lastRequest = 0;
  /** Resolves each pending request with the answer's frame. */
  readonly #pendingRequests = new Map<number, (answer: TracedFrame) => void>();
  /** Resolves when the handlers of all received events have settled. */
  #handledEvents = Promise.resolve();

  /** Connects at once. */
  constructor(id: number, application: Application, network: Network, settings: WorldSettings) {
    this.id = id;
    this.#application = application;
    this.#socket = new (makeSocketClass(network, id, settings.terminable))("ws://sim", []);
    const receive = ({ data }: { readonly data?: unknown }): void =>
      this.#receive(JSON.parse(String(data)) as TracedFrame);
    this.#socket.addEventListener("message", receive as never);
  }

  /** Whether the client is connected. */
  get isOpen(): boolean {
    return this.#socket.readyState === 1;
  }

  /** Sends an event or a request. */
  send(kind: MessageKind): void {
    const message = this.#application.nextMessage();
    const { n } = message;
    this.#application.trace.add({ type: "sent", by: "client", n, kind, client: this.id });
    if (kind === "event") return this.#write({ t: "event", name: "note", data: message });
    const q = (this.#lastRequest += 1);
    const answer = new Promise<TracedFrame>((resolve) => this.#pendingRequests.set(q, resolve));
    const result = answer.then(({ t, data, code }) => {
      if (t === "error") throw Object.assign(new Error("the server answered with an error"), { code });
      return data;
    });
    this.#application.recordOutcome({ n }, result, answerTo(n));
    this.#write({ t: "request", q, name: "ask", data: message });
  }

  /** Closes the client. */
  close(): void {
    this.#application.trace.add({ type: "clientClosed", client: this.id });
    this.#write({ t: "bye" });
  }

  #write(frame: TracedFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: TracedFrame): void {
    const { t, q, re } = frame;
    if (t === "ping") return this.#write({ t: "pong", n: frame["n"] });
    if (t === "event" || t === "request") return this.#handle(t, frame["data"] as never, q as number);
    this.#pendingRequests.get(re as number)?.(frame);
    this.#pendingRequests.delete(re as number);
  }

  /** Handles events one after another, and requests side by side. */
  #handle(t: string, { n, conv: conversation }: { n: number; conv: number }, q: number): void {
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const isRequest = t === "request";
    const handle = (): Promise<void> =>
      this.#application.runHandler("client", { n, client: this.id, conversation }, sleep).then(
        () => isRequest && this.#write({ t: "reply", re: q, data: answerTo(n) }),
        () => isRequest && this.#write({ t: "error", re: q, code: intendedError, message: "odd", data: n }),
      ) as Promise<void>;
    if (isRequest) void this.#handledEvents.then(handle);
    else this.#handledEvents = this.#handledEvents.then(handle);
  }
}
