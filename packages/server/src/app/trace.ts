import { debuglog } from "node:util";
import type { FrameCodec, Message } from "@symbolon/protocol";
import { jsonFrames, type Wire } from "@symbolon/protocol/internal";
import { describeFrame, describeMessage } from "@symbolon/protocol/trace";
import type { PacedListener } from "../timing/paced-reader.ts";
import type { Dispatcher } from "./dispatch.ts";
import { codecsOf } from "./route.ts";
import type { Routes } from "./routes.ts";

/** Receives the lines of a trace. */
export type TraceLog = (line: string) => void;

const debug = debuglog("symbolon");
let handshakes = 0;

/** Where traces go: standard error, if the environment variable `NODE_DEBUG` lists `symbolon`; undefined otherwise. */
export function findTraceLog(): TraceLog | undefined {
  return debug.enabled ? (line) => debug("%s", line) : undefined;
}

/**
 * Traces each handshake, and each frame and close of its wire: paths, names, sizes and codes, never payloads, queries or
 * tokens. `codecs` are those of the app, besides JSON. Without a log it traces nothing and costs nothing.
 */
export function traceHandshakes(
  handshake: Dispatcher["handshake"],
  routes: Routes,
  codecs: readonly FrameCodec[],
  log: TraceLog | undefined,
): Dispatcher["handshake"] {
  if (log === undefined) return handshake;
  return async (parsed, accept, track) => {
    const { pathname } = parsed.url;
    const id = (handshakes += 1);
    const write = (line: string): void => log(`${id} ${JSON.stringify(pathname)} ${line}`);
    const route = routes.socketAt(pathname)?.route;
    const isRaw = route?.type === "raw";
    const refusal = await handshake(
      parsed,
      async (init) => {
        const wire = await accept(init);
        write(`open${wire.protocol && ` protocol=${JSON.stringify(wire.protocol)}`}`);
        const codec =
          codecsOf(route, codecs).find(({ protocol }) => protocol === wire.protocol) ?? jsonFrames;
        return traceWire(wire, isRaw ? describeMessage : (message) => describeFrame(message, codec), write);
      },
      track,
    );
    if (refusal !== undefined) write(`refused with ${refusal.status}`);
    return refusal;
  };
}

/** A wire that writes a line for each message and for its close. */
function traceWire(wire: Wire, describe: (message: Message) => string, write: TraceLog): Wire {
  let isClosed = false;
  const traced = (listener: PacedListener): PacedListener => ({
    message(message) {
      write(`received ${describe(message)}`);
      listener.message(message);
    },
    closed(closed) {
      isClosed = true;
      write(`closed with ${closed.code}`);
      listener.closed(closed);
    },
    pinged: () => listener.pinged?.(),
    closing: () => listener.closing?.(),
  });
  const changes: Partial<Wire> = {
    send(message) {
      write(`sent ${describe(message)}`);
      wire.send(message);
    },
    close(code, reason) {
      if (!isClosed) write(`closes with ${code}`);
      wire.close(code, reason);
    },
    listen: (listener) => wire.listen(listener && traced(listener)),
  };
  return new Proxy(wire, {
    get(target, name) {
      const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
