/** Calls and their answers, without Redis: the test answers, or fails, what the client library is asked. */
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { OrderedCalls, type OrderedCallsOptions } from "../../src/calls/ordered-calls.ts";
import { freeingScript, growingScript } from "../../src/script/script.ts";

const once = { isNumbered: true };

/** Calls with fake timers. `sent` are those that the library has; `answer` and `fail` end the oldest of them. */
function createCalls(options: Partial<OrderedCallsOptions> = {}) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const waiting: { readonly resolve: (reply: unknown) => void; readonly reject: (error: Error) => void }[] =
    [];
  const sent: string[] = [];
  const calls = new OrderedCalls(
    (script, [operation, _process, number, answered]) => {
      sent.push(
        [operation, number, answered, ...(script === growingScript ? ["grows"] : [])].join(" ").trim(),
      );
      expect([growingScript, freeingScript]).toContain(script);
      return new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
    },
    { timeout: 1_000, bufferBytes: 10_000, proofKey: () => "", ...options },
  );
  const outcomes: string[] = [];
  const call = (name: string, kind = {}): void => {
    calls.call(name, [], kind).then(
      (value) => outcomes.push(`${name}: ${String(value)}`),
      (error: Error) => outcomes.push(`${name}: ${error.message}`),
    );
  };
  const answer = async (value: string): Promise<void> => {
    waiting.shift()?.resolve(["run", "1", value]);
    await vi.advanceTimersByTimeAsync(0);
  };
  const fail = async (message: string): Promise<void> => {
    waiting.shift()?.reject(new Error(message));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { calls, call, sent, outcomes, answer, fail, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

describe("calls in order", () => {
  test("are sent at once, with their numbers and what has been answered; reads have no number", async () => {
    const { call, sent, outcomes, answer } = createCalls();
    call("a", once);
    call("b");
    call("c", { isNumbered: true, grows: true });
    expect(sent).toEqual(["a 1 0", "b  0", "c 2 0 grows"]);
    for (const value of ["1", "2", "3"]) await answer(value);
    call("d", once);
    expect(sent.at(-1)).toBe("d 3 2");
    expect(outcomes).toEqual(["a: 1", "b: 2", "c: 3"]);
  });

  test("that fail since the connection broke are made again, the oldest one first and alone", async () => {
    const { call, sent, outcomes, answer, fail, pass } = createCalls();
    for (const name of ["a", "b", "c"]) call(name, once);
    await answer("1");
    await fail("Socket closed unexpectedly");
    call("d", once);
    await fail("Socket closed unexpectedly");
    expect(sent.splice(0)).toHaveLength(3);
    await pass(25);
    expect(sent.splice(0)).toEqual(["b 2 1"]);
    await fail("LOADING Redis is loading the dataset in memory");
    await pass(49);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent.splice(0)).toEqual(["b 2 1"]);
    await answer("2");
    expect(sent.splice(0)).toEqual(["c 3 2", "d 4 2"]);
    await answer("3");
    await answer("4");
    expect(outcomes).toEqual(["a: 1", "b: 2", "c: 3", "d: 4"]);
  });

  test("settle in order, though a later one is answered first", async () => {
    const { call, outcomes, answer, fail, pass } = createCalls();
    call("a", once);
    call("b");
    await fail("READONLY You can't write against a read only replica.");
    await answer("2");
    expect(outcomes).toEqual([]);
    await pass(25);
    await answer("1");
    expect(outcomes).toEqual(["a: 1", "b: 2"]);
  });

  test("that Redis refuses reject with what to do, and the next ones go on", async () => {
    const { call, outcomes, fail, answer } = createCalls();
    for (const name of ["a", "b", "c", "d"]) call(name, once);
    await fail("OOM command not allowed when used memory > 'maxmemory'.");
    await fail("NOPERM User chat has no permissions to run the 'eval' command");
    await fail("ERR Error compiling script");
    await answer("4");
    expect(outcomes).toEqual([
      "a: the store is full: raise `maxmemory` of Redis, end sessions, or keep less room history",
      expect.stringContaining("b: the user of Redis may not do what the store needs"),
      expect.stringContaining("c: the store needs Redis 7.0 or later"),
      "d: 4",
    ]);
  });

  test("reject after the timeout, and count to what waits for as long as the library has them", async () => {
    const { calls, call, sent, outcomes, answer, pass } = createCalls({ bufferBytes: 1_500 });
    call("a", { ...once, grows: true });
    call("b", { ...once, grows: true });
    await pass(999);
    expect(outcomes).toEqual([]);
    await pass(1);
    const late = "Redis did not answer within 1000 ms: check its address and its load, or raise `timeout`";
    expect(outcomes.splice(0)).toEqual([`a: ${late}`, `b: ${late}`]);
    expect(calls.isSlow).toBe(true);
    call("c", { ...once, grows: true });
    call("d", { ...once, grows: true });
    await pass(0);
    expect(outcomes).toEqual([expect.stringContaining("d: 1500 bytes wait for Redis")]);
    call("e", once);
    expect(sent.slice(2)).toEqual(["c 3 2 grows", "e 4 2"]);
    for (const value of ["1", "2", "3", "4"]) await answer(value);
    expect(outcomes.slice(1)).toEqual(["c: 3", "e: 4"]);
    expect(calls.isSlow).toBe(false);
  });

  test("wait for what they are held by", async () => {
    const { calls, call, sent } = createCalls();
    let release = (): void => {};
    const held = calls.holdUntil(new Promise<void>((resolve) => (release = resolve)));
    call("a", once);
    expect(sent).toEqual([]);
    release();
    await held;
    expect(sent).toEqual(["a 1 0"]);
  });

  test("are waited for by close, and later ones reject", async () => {
    const { calls, call, outcomes, answer } = createCalls();
    call("a", once);
    const closed = calls.close();
    call("b");
    await answer("1");
    await closed;
    expect(outcomes).toEqual(["b: the store is closed", "a: 1"]);
  });
});
