/** Breaks the connection of one session 1,000 times, and counts what the client keeps of it: nothing may be left. */
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { FakePage, pass } from "./connection/fakes.ts";
import { welcomed } from "./talking.ts";

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

/** How many listen to each event of a socket, or of the page. */
function listening(target: EventTarget): readonly number[] {
  const types =
    target === page
      ? ["online", "offline", "pageshow", "pagehide", "visibilitychange", "resume"]
      : ["open", "message", "error", "close"];
  return types.map((type) => getEventListeners(target, type).length);
}

test(
  "1,000 drops of one session leave no timer, no listener and no message behind",
  {
    timeout: 60_000,
  },
  async () => {
    const { client, made, last, says, welcomes, heard, breaks, order, resets } = await welcomed();
    const { signal } = new AbortController();
    const left: WeakRef<object>[] = [];
    /** The last numbers that were said here, and by the server. */
    const at = { ours: 0, theirs: 0 };

    const drop = async (n: number): Promise<void> => {
      const event = client.send("say", n);
      const answer = client.request("ask", n, { signal });
      const items = client.stream("count", n, { signal });
      const item = items.next();
      await pass(10_000); // steady: the next loss is a new one
      left.push(new WeakRef(last()), new WeakRef(event), new WeakRef(answer), new WeakRef(items));
      const arrived = n % 2 === 0;
      const { resume } = await breaks();
      made.splice(0, made.length - 1);
      expect(resume).toMatchObject({ rx: at.theirs, tx0: at.ours + 1 });
      welcomes({ state: "resumed", rx: at.ours + (arrived ? 3 : 0) });
      const again = heard().flatMap((frame) => (JSON.parse(String(frame)) as { s?: number }).s ?? []);
      expect(again).toEqual(arrived ? [] : [1, 2, 3].map((s) => at.ours + s));
      says(
        `{"t":"ack","a":${at.ours + 3}}`,
        `{"s":${at.theirs + 1},"t":"event","name":"told","data":${n}}`,
        `{"s":${at.theirs + 2},"t":"reply","data":${n},"re":${3 * n + 2}}`,
        `{"s":${at.theirs + 3},"t":"next","data":${n},"re":${3 * n + 3}}`,
        `{"s":${at.theirs + 4},"t":"end","re":${3 * n + 3}}`,
      );
      await event;
      expect([await answer, await item]).toEqual([n, { done: false, value: n }]);
      expect(await items.next()).toEqual({ done: true, value: undefined });
      at.ours += 3;
      at.theirs += 4;
      heard();
    };

    await drop(0);
    const timers = vi.getTimerCount();
    for (let n = 1; n <= drops; n += 1) await drop(n);

    expect([order.length, resets]).toEqual([drops + 1, []]);
    expect(vi.getTimerCount()).toBe(timers);
    expect([listening(last()), listening(page)]).toEqual([
      [1, 1, 1, 1],
      [1, 1, 1, 1, 1, 1],
    ]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(client.bufferedAmount).toBe(0);
    collectGarbage();
    expect(left.filter((one) => one.deref() !== undefined)).toEqual([]);

    client.close();
    expect([vi.getTimerCount(), listening(page)]).toEqual([0, [0, 0, 0, 0, 0, 0]]);
  },
);
