import { z } from "zod";
import type { CloseError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame.ts";
import type { CallChannel } from "../../src/contract/message-kind.ts";
import { callFrames } from "../../src/frames/call-frames.ts";
import { RpcPeer } from "../../src/peer/rpc-peer.ts";
import type { Dispatch, PeerOptions } from "../../src/peer/peer.ts";
import { request } from "../../src/peer/request.ts";
import { Sent } from "../../src/async/sent.ts";
import { Session } from "../../src/session/session.ts";
import { stream } from "../../src/peer/stream.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";
import { ample, settled, unnumbered } from "../session/outlet.ts";
import { hearing } from "../wire/wire-conformance.ts";

/** One message of every kind, for both halves. */
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

/** A peer that says and hears `messages`: the test is told its frames as text, and tells it others. */
export function calling(options: Partial<PeerOptions> = {}, dispatch?: Dispatch) {
  const [wire, far] = joinedWires();
  const heard = hearing(far);
  const session = new Session({ window: ample });
  session.attach(wire, ample);
  const alarms: { readonly ms: number; readonly ring: () => void }[] = [];
  const crashes: unknown[] = [];
  const closes: CloseError[] = [];
  const notes: unknown[] = [];
  const peer = new RpcPeer<typeof messages>({
    receives: messages,
    sends: messages,
    session,
    after(ms, ring) {
      const alarm = { ms, ring };
      alarms.push(alarm);
      return () => void alarms.splice(alarms.indexOf(alarm), 1);
    },
    onHandlerError: (error) => crashes.push(error),
    close: (error) => closes.push(error),
    ...options,
  });
  peer.serve(dispatch ?? ((_, input) => notes.push(input)));
  const tell = (...frames: string[]): void => {
    for (const frame of frames) peer.receive(jsonFrames.read(frame, callFrames), frame.length);
  };
  /** What it said since the last time, without the numbers of its session. */
  const said = async (): Promise<string[]> => {
    await settled();
    const frames: string[] = [];
    while (heard.size > 0) frames.push(unnumbered(await heard.pull()));
    return frames;
  };
  return { peer, tell, said, session, wire, far, alarms, crashes, closes, notes };
}

/** A call whose messages are kept; its other half takes them when `take` is called, or at once. */
export function heldCall({ held = false } = {}) {
  const written: string[] = [];
  const waiting: Sent[] = [];
  const call: CallChannel = {
    write: (said) => JSON.stringify(said),
    send(message) {
      const sent = new Sent();
      written.push(String(message));
      if (held) waiting.push(sent);
      else sent.resolve();
      return sent;
    },
    close() {},
  };
  return { call, written, take: () => waiting.shift()?.resolve() };
}

/** An endless iterable that tells what became of it. */
export function counting({ item = (n: number): unknown => n } = {}) {
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

/** A stream of `count` that is being read, what was read, and how it ended. */
export function reading(
  { peer }: ReturnType<typeof calling>,
  options: { signal?: AbortSignal; timeout?: number } = {},
) {
  const items: number[] = [];
  const ended = (async () => {
    for await (const item of peer.stream("count", 3, options)) items.push(item);
  })();
  ended.catch(() => {});
  return { items, ended };
}
