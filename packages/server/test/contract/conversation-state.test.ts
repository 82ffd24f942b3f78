import { CloseError } from "@symbolon/protocol";
import { afterEach, expect, test, vi } from "vitest";
import { ConversationEnd, LazyPromise } from "../../src/contract/conversation-state.ts";

afterEach(() => vi.unstubAllGlobals());

/** Counts the objects of a global class that are made. */
function countMade(name: "Promise" | "AbortController"): () => number {
  let made = 0;
  const counted = new Proxy(globalThis[name], {
    construct(target, args: never[]) {
      made += 1;
      return Reflect.construct(target as new (...all: never[]) => object, args);
    },
  });
  vi.stubGlobal(name, counted);
  return () => made;
}

test("the end of a conversation makes no promise and no signal when no code reads them", () => {
  const [promises, signals] = [countMade("Promise"), countMade("AbortController")];
  const end = new ConversationEnd();
  end.abort(new CloseError(1000));
  end.resolve({ code: 1000, reason: "", wasClean: true });
  expect([promises(), signals()]).toEqual([0, 0]);
});

test("a promise that is read is always the same, and resolves with the first value, read before it or after it", async () => {
  const early = new LazyPromise<number>();
  const late = new LazyPromise<number>();
  const read = early.promise;
  for (const promise of [early, late]) {
    promise.resolve(1);
    promise.resolve(2);
  }
  expect(early.promise).toBe(read);
  expect(await Promise.all([read, early.promise, late.promise])).toEqual([1, 1, 1]);
});

test("the signal aborts with the first reason, read before it or after it", () => {
  const [early, late] = [new ConversationEnd(), new ConversationEnd()];
  const { signal } = early;
  expect(signal.aborted).toBe(false);
  const reasons = [new CloseError(4900), new CloseError(1006)] as const;
  for (const end of [early, late]) for (const reason of reasons) end.abort(reason);
  expect([signal.reason, late.signal.reason]).toEqual([reasons[0], reasons[0]]);
  expect(late.signal).toBe(late.signal);
});
