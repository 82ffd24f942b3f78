import { describe, expect, test } from "vitest";
import { Sent } from "../../src/async/sent.ts";

/** Runs `act`. @returns the reasons of the unhandled rejections that it causes. */
async function unhandledRejections(act: () => unknown): Promise<unknown[]> {
  const reasons: unknown[] = [];
  const record = (reason: unknown): void => void reasons.push(reason);
  process.on("unhandledRejection", record);
  act();
  await new Promise(setImmediate);
  process.off("unhandledRejection", record);
  return reasons;
}

test.each(["before", "after"])("a message that is delivered %s it is awaited resolves", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.resolve();
  const done = sent.then(() => "delivered");
  if (when === "after") sent.resolve();
  expect(await done).toBe("delivered");
  expect(await sent).toBeUndefined();
});

test.each(["before", "after"])("a message that fails %s it is awaited rejects", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.reject("lost");
  const done = sent.then(
    () => "delivered",
    (error) => error,
  );
  if (when === "after") sent.reject("lost");
  expect(await done).toBe("lost");
});

test("only the first outcome counts", async () => {
  const [delivered, lost] = [new Sent(), new Sent()];
  delivered.resolve();
  delivered.reject("late");
  lost.reject("lost");
  lost.resolve();
  const results = await Promise.allSettled([delivered, lost]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("a message can fail without a reason", async () => {
  const sent = new Sent();
  sent.reject(undefined);
  expect(await Promise.allSettled([sent])).toEqual([{ status: "rejected", reason: undefined }]);
});

test("a message that is left alone raises no unhandled rejection when it fails", async () => {
  expect(await unhandledRejections(() => new Sent().reject("lost"))).toEqual([]);
});

test("the state and whether it is awaited can be read", async () => {
  const [delivered, lost] = [new Sent(), new Sent()];
  expect([delivered.state, lost.state, delivered.awaited]).toEqual(["pending", "pending", false]);
  const done = Promise.allSettled([delivered, lost]);
  await Promise.resolve();
  expect([delivered.awaited, lost.awaited]).toEqual([true, true]);
  delivered.resolve();
  lost.reject("lost");
  await done;
  expect([delivered.state, lost.state]).toEqual(["fulfilled", "rejected"]);
});

test("it is a promise by its interface", () => {
  const promise: Promise<void> = new Sent();
  expect(Object.prototype.toString.call(promise)).toBe("[object Sent]");
});

describe("catch", () => {
  test("handles a failure, and makes the message awaited", async () => {
    const sent = new Sent();
    const handled = sent.catch((error: unknown) => `handled ${String(error)}`);
    expect(sent.awaited).toBe(true);
    sent.reject("lost");
    expect(await handled).toBe("handled lost");
  });

  test("is not called for a message that is delivered", async () => {
    const sent = new Sent();
    sent.resolve();
    expect(await sent.catch(() => "handled")).toBeUndefined();
  });

  test("without a handler passes the failure on", async () => {
    const sent = new Sent();
    sent.reject("lost");
    await expect(sent.catch(null)).rejects.toBe("lost");
  });
});

describe("finally", () => {
  test.each(["resolve", "reject"] as const)("is called once after %s", async (how) => {
    const sent = new Sent();
    let calls = 0;
    const settled = sent.finally(() => (calls += 1));
    expect([sent.awaited, calls]).toEqual([true, 0]);
    sent[how]("lost");
    const [outcome] = await Promise.allSettled([settled]);
    expect(outcome).toEqual(
      how === "resolve" ? { status: "fulfilled", value: undefined } : { status: "rejected", reason: "lost" },
    );
    expect(calls).toBe(1);
  });

  test("passes a failure on: left alone, that is an unhandled rejection", async () => {
    const sent = new Sent();
    const reasons = await unhandledRejections(() => {
      void sent.finally(() => {});
      sent.reject("lost");
    });
    expect(reasons).toEqual(["lost"]);
  });
});

describe("onUnhandled", () => {
  /** A message, and the errors that its `onUnhandled` received. */
  function recordedSent() {
    const errors: unknown[] = [];
    return { errors, sent: new Sent((error) => errors.push(error)) };
  }

  test("receives the error of a message that fails, once", () => {
    const { errors, sent } = recordedSent();
    sent.reject("lost");
    sent.reject("again");
    expect(errors).toEqual(["lost"]);
  });

  test("is not called for a message that is delivered", () => {
    const { errors, sent } = recordedSent();
    sent.resolve();
    sent.reject("late");
    expect(errors).toEqual([]);
  });

  test.each(["then", "catch"] as const)("is not called when the message is awaited by %s", async (how) => {
    const { errors, sent } = recordedSent();
    const caught = (error: unknown): unknown => error;
    const outcome = how === "then" ? sent.then(null, caught) : sent.catch(caught);
    sent.reject("lost");
    expect([await outcome, errors]).toEqual(["lost", []]);
  });

  test("may reject the message again, and is not called again", () => {
    const errors: unknown[] = [];
    const sent: Sent = new Sent((error) => {
      errors.push(error);
      sent.reject("again");
    });
    sent.reject("lost");
    expect(errors).toEqual(["lost"]);
  });
});
