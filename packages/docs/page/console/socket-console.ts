import { Observable } from "../observable.ts";
import type { PageSocket } from "../../src/page/page-data.ts";
import { contract } from "@symbolon/protocol";
import type { ConnectValues, ConsoleStatus, RouteConsole } from "./console.ts";
import { messageEntry, sizeOf } from "./frame-text.ts";
import { FrameLog } from "./frame-log.ts";
import { noFigures } from "./session-figures.ts";

/** A console of a raw route: one WebSocket, which is not opened again. */
export class SocketConsole implements RouteConsole {
  readonly log = new FrameLog();
  readonly status = new Observable<ConsoleStatus>({ state: "idle" });
  readonly figures = new Observable(noFigures);
  readonly #route: PageSocket;
  readonly #url: string;
  #socket: WebSocket | undefined;

  /** `url` is where the app is served. */
  constructor(route: PageSocket, url: string) {
    this.#route = route;
    this.#url = url;
  }

  connect({ params, query }: ConnectValues): void {
    this.disconnect();
    try {
      const address = new URL(
        this.#url.replace(/\/$/, "") + contract(this.#route.path, {}).url(params as never, query as never),
      );
      address.protocol = address.protocol.replace("http", "ws");
      this.#open(new WebSocket(address));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.status.value = { state: "closed", reason };
      this.log.problem(reason);
    }
  }

  disconnect(): void {
    this.#socket?.close(1000);
    this.#socket = undefined;
    if (this.status.value.state !== "idle") this.status.value = { state: "idle" };
  }

  /** Sends a text. */
  send(text: string): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return this.log.problem("not connected");
    this.#socket.send(text);
    this.#observe("sent", text);
  }

  #open(socket: WebSocket): void {
    this.#socket = socket;
    this.status.value = { state: "connecting" };
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => (this.status.value = { state: "open" }));
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => this.#observe("received", data));
    socket.addEventListener("close", ({ code, reason }) => {
      const text = `closed with ${code}${reason && `: ${reason}`}`;
      this.log.note(text);
      if (socket !== this.#socket) return;
      this.#socket = undefined;
      this.status.value = { state: "closed", reason: text };
    });
  }

  #observe(kind: "sent" | "received", message: unknown): void {
    const size = sizeOf(message);
    const { bytesSent, bytesReceived } = this.figures.value;
    this.figures.value = {
      ...this.figures.value,
      bytesSent: bytesSent + (kind === "sent" ? size : 0),
      bytesReceived: bytesReceived + (kind === "received" ? size : 0),
    };
    this.log.add(messageEntry(kind, message));
  }
}
