/** Traces what a client sends and receives (entry `./trace`). A page that does not import it carries none of it. */
import type { FrameCodec, Message } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { describeFrame, describeMessage } from "@symbolon/protocol/trace";
import { platformWebSocket } from "#platform";
import type { WebSocketClass } from "./platform/websocket-class.ts";

/** What `traceWebSocket` traces, and where to. */
export interface TraceOptions {
  /** The class to trace. @default the platform's WebSocket */
  readonly WebSocket?: WebSocketClass;
  /** The codecs of the clients besides JSON, to name the frames. @default [] */
  readonly codecs?: readonly FrameCodec[];
  /** Receives the lines. @default console.debug */
  readonly log?: (line: string) => void;
}

let sockets = 0;

/**
 * A WebSocket class that writes a line for each dial, message and close: paths, names, sizes and codes, never payloads,
 * queries or tokens.
 * @example
 *   const client = connect(chat, { url, WebSocket: traceWebSocket() });
 */
export function traceWebSocket({
  WebSocket = platformWebSocket(),
  codecs = [],
  log = (line) => console.debug(line),
}: TraceOptions = {}): WebSocketClass {
  const Base = WebSocket as new (...args: readonly unknown[]) => InstanceType<WebSocketClass>;
  return class extends Base {
    readonly #write: (line: string) => void;

    constructor(url: string, ...rest: readonly unknown[]) {
      super(url, ...rest);
      const id = (sockets += 1);
      const { pathname } = new URL(url);
      this.#write = (line) => log(`symbolon ${id} ${JSON.stringify(pathname)} ${line}`);
      this.#write("dials");
      this.addEventListener("open", () =>
        this.#write(`open${this.protocol && ` protocol=${JSON.stringify(this.protocol)}`}`),
      );
      this.addEventListener("message", (event) => {
        const { data } = event as { readonly type: string; readonly data?: unknown };
        this.#write(`received ${this.#describe(data)}`);
      });
      this.addEventListener("close", (event) => {
        const { code } = event as { readonly type: string; readonly code?: number };
        this.#write(`closed with ${code}`);
      });
    }

    override send(data: string | Uint8Array<ArrayBuffer>): void {
      this.#write(`sent ${this.#describe(data)}`);
      super.send(data);
    }

    override close(code?: number, reason?: string): void {
      this.#write(`closes with ${code}`);
      super.close(code, reason);
    }

    /** Only our subprotocols carry frames: what another server sends is described by its size alone. */
    #describe(data: unknown): string {
      const message = (data instanceof ArrayBuffer ? new Uint8Array(data) : data) as Message;
      const { protocol } = this;
      const codec = [jsonFrames, ...codecs].find((each) => each.protocol === protocol);
      return codec === undefined ? describeMessage(message) : describeFrame(message, codec);
    }
  };
}
