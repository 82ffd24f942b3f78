import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FrameLog } from "./frame-log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("entries show together, in order", () => {
  const log = new FrameLog();
  const changed = vi.fn<() => void>();
  log.entries.subscribe(changed);
  log.note("one");
  log.problem("two", { code: 1 });
  expect(log.entries.value).toEqual([]);
  vi.runAllTimers();
  expect(changed).toHaveBeenCalledOnce();
  expect(log.entries.value).toMatchObject([
    { id: 1, kind: "note", text: "one" },
    { id: 2, kind: "problem", text: "two", detail: '{\n  "code": 1\n}' },
  ]);
});

test("the log keeps the newest 1,000 entries, those that are not shown yet too", () => {
  const log = new FrameLog();
  for (let number = 1; number <= 2_500; number += 1) {
    log.note(String(number));
    if (number === 700) vi.runAllTimers();
  }
  vi.runAllTimers();
  const texts = log.entries.value.map(({ text }) => text);
  expect([texts.length, texts[0], texts.at(-1)]).toEqual([1_000, "1501", "2500"]);
});

test("a long value of a note is cut", () => {
  const log = new FrameLog();
  log.note("reply", "x".repeat(100_000));
  vi.runAllTimers();
  expect(log.entries.value[0]?.detail).toHaveLength(20_001);
});

test("a log that is cleared is empty", () => {
  const log = new FrameLog();
  log.note("shown");
  vi.runAllTimers();
  log.note("not shown yet");
  log.clear();
  vi.runAllTimers();
  expect(log.entries.value).toEqual([]);
});
