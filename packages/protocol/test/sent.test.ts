import { expect, test } from "vitest";
import { Sent } from "../src/sent.ts";

test.each(["before", "after"])("what was taken %s it is awaited resolves", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.settle();
  const done = sent.then(() => "taken");
  if (when === "after") sent.settle();
  expect(await done).toBe("taken");
  expect(await sent).toBeUndefined();
});

test.each(["before", "after"])("what failed %s it is awaited rejects", async (when) => {
  const sent = new Sent();
  if (when === "before") sent.fail("lost");
  const done = sent.then(
    () => "taken",
    (error) => error,
  );
  if (when === "after") sent.fail("lost");
  expect(await done).toBe("lost");
});

test("only the first outcome counts", async () => {
  const [taken, lost] = [new Sent(), new Sent()];
  taken.settle();
  taken.fail("late");
  lost.fail("lost");
  lost.settle();
  const results = await Promise.allSettled([taken, lost]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

test("it fails without a reason too", async () => {
  const sent = new Sent();
  sent.fail(undefined);
  expect(await Promise.allSettled([sent])).toEqual([{ status: "rejected", reason: undefined }]);
});

test("left alone, a failure raises no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  new Sent().fail("lost");
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
