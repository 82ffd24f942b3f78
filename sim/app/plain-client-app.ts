import type { WebSocketLike } from "@symbolon/client";
import type { Network } from "../network/network.ts";
import type { Settings } from "../modes/settings.ts";
import { socketClass } from "../network/client-socket.ts";
import type { Stage } from "./application.ts";
import type { SeenFrame, Kind } from "../trace/trace.ts";

/** One client that speaks by hand, without a session: it does what the real one's application does, as far as that can be. */
export class PlainApp {
  readonly id: number;
  readonly #stage: Stage;
  readonly #socket: WebSocketLike;
  #last = 0;
  /** What it has asked, by number. */
  readonly #asked = new Map<number, (answer: SeenFrame) => void>();
  /** Its handlers take one event after another. */
  #turn = Promise.resolve();

  constructor(id: number, stage: Stage, network: Network, settings: Settings) {
    this.id = id;
    this.#stage = stage;
    this.#socket = new (socketClass(network, id, settings.terminable))("ws://sim", []);
    const hear = ({ data }: { readonly data?: unknown }): void =>
      this.#hear(JSON.parse(String(data)) as SeenFrame);
    this.#socket.addEventListener("message", hear as never);
  }

  get open(): boolean {
    return this.#socket.readyState === 1;
  }

  /** The client says something now. */
  say(kind: Kind): void {
    const said = this.#stage.next();
    const { n } = said;
    this.#stage.trace.add({ is: "said", by: "client", n, kind, client: this.id });
    if (kind === "event") return this.#put({ t: "event", name: "note", data: said });
    const q = (this.#last += 1);
    const answered = new Promise<SeenFrame>((resolve) => this.#asked.set(q, resolve));
    const replied = answered.then(({ t, data, code }) => {
      if (t === "error") throw Object.assign(new Error("refused"), { code });
      return data;
    });
    this.#stage.watch({ n }, replied, 2 * n);
    this.#put({ t: "request", q, name: "ask", data: said });
  }

  /** The application has enough. */
  close(): void {
    this.#stage.trace.add({ is: "closing", client: this.id });
    this.#put({ t: "bye" });
  }

  #put(frame: SeenFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  #hear(frame: SeenFrame): void {
    const { t, q, re } = frame;
    if (t === "ping") return this.#put({ t: "pong", n: frame["n"] });
    if (t === "event" || t === "request") return this.#queue(t, frame["data"] as never, q as number);
    this.#asked.get(re as number)?.(frame);
    this.#asked.delete(re as number);
  }

  #queue(t: string, { n, conv }: { n: number; conv: number }, q: number): void {
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const handle = (): Promise<void> =>
      this.#stage.handle("client", { n, client: this.id, conv }, sleep).then(
        () => t === "request" && this.#put({ t: "reply", re: q, data: 2 * n }),
        () => t === "request" && this.#put({ t: "error", re: q, code: "ODD", message: "odd", data: n }),
      ) as Promise<void>;
    if (t === "request") void this.#turn.then(handle);
    else this.#turn = this.#turn.then(handle);
  }
}
