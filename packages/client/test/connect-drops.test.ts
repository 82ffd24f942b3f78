/** Breaks the connection of one session 1,000 times; the client may keep no timer, listener or message of it. */
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { FakePage, pass } from "./connection/fakes.ts";
import { createWelcomedClient } from "./client-over-fake-sockets.ts";

const drops = 1_000;

const page = new FakePage();

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  for (const name of ["addEventListener", "removeEventListener"] as const)
    vi.stubGlobal(name, page[name].bind(page));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Returns the number of listeners of each event of a socket, or of the page. */
function countListeners(target: EventTarget): readonly number[] {
  const types =
    target === page
      ? ["online", "offline", "pageshow", "pagehide", "visibilitychange", "resume"]
      : ["open", "message", "error", "close"];
  return types.map((type) => getEventListeners(target, type).length);
}

test(
  "a client keeps no timer, no listener and no message after its session lost 1,000 wires",
  {
    timeout: 60_000,
  },
  async () => {
    const { client, made, last, receive, receiveWelcome, sentFrames, reconnect, order, resets } =
      await createWelcomedClient();
    const { signal } = new AbortController();
    const references: WeakRef<object>[] = [];
    /** The last sequence that the client sent, and the last one that the server sent. */
    const lastSequence = { client: 0, server: 0 };

    const drop = async (n: number): Promise<void> => {
      const event = client.send("post", n);
      const answer = client.request("ask", n, { signal });
      const items = client.stream("count", n, { signal });
      const item = items.next();
      await pass(10_000); // the connection counts as stable, so the next loss starts a new backoff
      references.push(new WeakRef(last()), new WeakRef(event), new WeakRef(answer), new WeakRef(items));
      const arrived = n % 2 === 0;
      const { resume } = await reconnect();
      made.splice(0, made.length - 1);
      expect(resume).toMatchObject({ rx: lastSequence.server, tx0: lastSequence.client + 1 });
      receiveWelcome({ state: "resumed", rx: lastSequence.client + (arrived ? 3 : 0) });
      const resent = sentFrames().flatMap((frame) => (JSON.parse(String(frame)) as { s?: number }).s ?? []);
      expect(resent).toEqual(arrived ? [] : [1, 2, 3].map((s) => lastSequence.client + s));
      receive(
        `{"t":"ack","a":${lastSequence.client + 3}}`,
        `{"s":${lastSequence.server + 1},"t":"event","name":"posted","data":${n}}`,
        `{"s":${lastSequence.server + 2},"t":"reply","data":${n},"re":${3 * n + 2}}`,
        `{"s":${lastSequence.server + 3},"t":"next","data":${n},"re":${3 * n + 3}}`,
        `{"s":${lastSequence.server + 4},"t":"end","re":${3 * n + 3}}`,
      );
      await event;
      expect([await answer, await item]).toEqual([n, { done: false, value: n }]);
      expect(await items.next()).toEqual({ done: true, value: undefined });
      lastSequence.client += 3;
      lastSequence.server += 4;
      sentFrames();
    };

    await drop(0);
    const timers = vi.getTimerCount();
    for (let n = 1; n <= drops; n += 1) await drop(n);

    expect([order.length, resets]).toEqual([drops + 1, []]);
    expect(vi.getTimerCount()).toBe(timers);
    expect([countListeners(last()), countListeners(page)]).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1, 1, 1],
    ]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(client.bufferedAmount).toBe(0);
    collectGarbage();
    expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([]);

    client.close();
    expect([vi.getTimerCount(), countListeners(page)]).toEqual([0, [0, 0, 0, 0, 0, 0]]);
  },
);
