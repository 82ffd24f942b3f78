import { describe, expect, test } from "vitest";
import { Sent } from "../../src/async/sent.ts";

test.each(["before", "after"])("what was taken %s it is awaited resolves", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.resolve();
  const done = sent.then(() => "taken");
  if (when === "after") sent.resolve();
  expect(await done).toBe("taken");
  expect(await sent).toBeUndefined();
});

test.each(["before", "after"])("what failed %s it is awaited rejects", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.reject("lost");
  const done = sent.then(
    () => "taken",
    (error) => error,
  );
  if (when === "after") sent.reject("lost");
  expect(await done).toBe("lost");
});

test("only the first outcome counts", async () => {
  const [taken, lost] = [new Sent(), new Sent()];
  taken.resolve();
  taken.reject("late");
  lost.reject("lost");
  lost.resolve();
  const results = await Promise.allSettled([taken, lost]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("it fails without a reason too", async () => {
  const sent = new Sent();
  sent.reject(undefined);
  expect(await Promise.allSettled([sent])).toEqual([{ status: "rejected", reason: undefined }]);
});

test("left alone, a failure raises no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  new Sent().reject("lost");
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("it says what became of it, and whether it is awaited", async () => {
  const [taken, lost] = [new Sent(), new Sent()];
  expect([taken.state, lost.state, taken.awaited]).toEqual(["pending", "pending", false]);
  const done = Promise.allSettled([taken, lost]);
  await Promise.resolve();
  expect([taken.awaited, lost.awaited]).toEqual([true, true]);
  taken.resolve();
  lost.reject("lost");
  await done;
  expect([taken.state, lost.state]).toEqual(["fulfilled", "rejected"]);
});

describe("who is told what nobody awaits", () => {
  /** What was told of a message. */
  function telling() {
    const told: unknown[] = [];
    return { told, sent: new Sent((error) => told.push(error)) };
  }

  test("is told once that it failed, and why", () => {
    const { told, sent } = telling();
    sent.reject("lost");
    sent.reject("again");
    expect(told).toEqual(["lost"]);
  });

  test("is told nothing when it was taken", () => {
    const { told, sent } = telling();
    sent.resolve();
    sent.reject("late");
    expect(told).toEqual([]);
  });

  test("is told nothing when somebody awaits it", async () => {
    const { told, sent } = telling();
    const outcome = sent.then(null, (error: unknown) => error);
    sent.reject("lost");
    expect([await outcome, told]).toEqual(["lost", []]);
  });

  test("may let it fail again, and is not told again", () => {
    const told: unknown[] = [];
    const sent: Sent = new Sent((error) => {
      told.push(error);
      sent.reject("again");
    });
    sent.reject("lost");
    expect(told).toEqual(["lost"]);
  });
});
