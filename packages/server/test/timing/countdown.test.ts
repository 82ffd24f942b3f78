import { expect, test } from "vitest";
import { Countdown } from "../../src/timing/countdown.ts";

test("nothing is waited for when nothing is under way", async () => {
  expect(await new Countdown().whenZero()).toBeUndefined();
});

test("all that wait go on when the last one has ended", async () => {
  const countdown = new Countdown();
  countdown.add();
  countdown.add();
  let waiting = 2;
  const waits = [countdown.whenZero(), countdown.whenZero()].map((zero) => zero.then(() => (waiting -= 1)));
  countdown.remove();
  await Promise.resolve();
  expect(waiting).toBe(2);
  countdown.remove();
  await Promise.all(waits);
  countdown.add();
  const again = countdown.whenZero();
  countdown.remove();
  await again;
});
