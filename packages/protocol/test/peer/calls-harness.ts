import { z } from "zod";
import type { CloseError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";
import type { CallChannel, StreamOptions } from "../../src/contract/call.ts";
import { RpcPeer, type RpcPeerOptions } from "../../src/peer/rpc-peer.ts";
import type { Dispatch } from "../../src/peer/peer.ts";
import { request } from "../../src/peer/request.ts";
import { Sent } from "../../src/async/sent.ts";
import { Session } from "../../src/session/session.ts";
import { stream } from "../../src/peer/stream.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { ample, settled, unnumbered } from "../session/session-harness.ts";
import { recordWire } from "../wire/wire-conformance.ts";

/** One message of every kind, for both peers. */
export const messages = {
  note: z.string(),
  join: request({
    input: z.object({ room: z.string() }),
    output: z.number(),
    errors: { FULL: z.object({ seats: z.coerce.number<string>() }) },
  }),
  count: stream({ input: z.number(), output: z.number() }),
  sum: stream({ input: z.object({}), upload: z.number(), output: z.number() }),
};

/** A peer of `messages`, and functions with which a test exchanges frames with it, as text. */
export function startPeer(options: Partial<RpcPeerOptions> = {}, dispatch?: Dispatch) {
  const [wire, far] = joinedWires();
  const arrived = recordWire(far);
  const { sender, receiver } = new Session({ window: ample.credit });
  sender.attach(wire, ample);
  const timers: { readonly ms: number; readonly expire: () => void }[] = [];
  const handlerErrors: unknown[] = [];
  const closes: CloseError[] = [];
  const notes: unknown[] = [];
  const peer = new RpcPeer<typeof messages>({
    receives: messages,
    sends: messages,
    outbox: sender,
    receiver,
    after(ms, expire) {
      const timer = { ms, expire };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    onHandlerError: (error) => void handlerErrors.push(error),
    close: (error) => closes.push(error),
    ...options,
  });
  peer.serve(dispatch ?? ((_, input) => notes.push(input)));
  const receive = (...frames: string[]): void => {
    for (const text of frames) {
      const frame = jsonFrames.read(text, peer.readOptions);
      peer.receive(frame, text.length);
    }
  };
  /** The frames that it has sent since the last call, without the numbers of its session. */
  const sent = async (): Promise<string[]> => {
    await settled();
    const frames: string[] = [];
    while (arrived.size > 0) frames.push(unnumbered(await arrived.pull()));
    return frames;
  };
  return { peer, receive, sent, sender, receiver, wire, far, timers, handlerErrors, closes, notes };
}

/** The channel of a call that records its messages; each is delivered at once, or when `deliver` is called. */
export function recordedChannel({ held = false } = {}) {
  const written: string[] = [];
  const waiting: Sent[] = [];
  const channel: CallChannel = {
    write: (frame) => JSON.stringify(frame),
    send(message) {
      const sent = new Sent();
      written.push(String(message));
      if (held) waiting.push(sent);
      else sent.resolve();
      return sent;
    },
    capacity: () => undefined,
    answer: (message) => channel.send(message),
    close: () => true,
  };
  return { channel, written, deliver: () => waiting.shift()?.resolve() };
}

/** An endless iterable that records how often it was asked for a value, and whether it was returned. */
export function endlessItems({ item = (n: number): unknown => n } = {}) {
  const log = { asked: 0, returned: 0 };
  async function* numbers(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (let n = 1; ; n += 1) {
        log.asked += 1;
        yield item(n);
      }
    } finally {
      log.returned += 1;
    }
  }
  return { log, values: numbers() };
}

/** A stream of `count` that is being read, the items that were read, and how it ended. */
export function readCount({ peer }: ReturnType<typeof startPeer>, options: StreamOptions = {}) {
  const items: number[] = [];
  const ended = (async () => {
    for await (const item of peer.stream("count", 3, options)) items.push(item);
  })();
  ended.catch(() => {});
  return { items, ended };
}
