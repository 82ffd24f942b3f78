import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type faked, live, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const least = (): number => 0;
const most = (): number => 1;

/** A live connection, and how long it is going to wait, in ms. */
async function waiting(random: NonNullable<Parameters<typeof faked>[0]>["random"] = () => 0.5) {
  const client = await live({ random });
  const wait = (): number => (client.connection.status.value.retryAt ?? NaN) - Date.now();
  return { ...client, wait };
}

test("the jitter is full: every wait may be none, the first one too", async () => {
  const { connection, last, made, wait } = await waiting(least);
  last().falls();
  expect(wait()).toBe(0);
  await pass(1);
  expect(made).toHaveLength(2);
  connection.close();
});

test("every wait is drawn anew", async () => {
  const draws = [0.1, 0.9];
  const { connection, last, wait } = await waiting(() => draws.shift() ?? 0);
  last().falls();
  expect(wait()).toBe(50);
  await pass(51);
  last().falls();
  expect(wait()).toBe(900);
  connection.close();
});

test("a least wait is never undercut, and nobody comes back on the dot", async () => {
  const { connection, last, wait } = await waiting(most);
  last().falls(4429);
  expect(wait()).toBe(5_500);
  connection.close();
});

test("a device that went offline during a wait is waited for", async () => {
  const { connection, page, last, made } = await waiting();
  last().falls();
  page.navigator.onLine = false;
  await pass(600_000);
  expect(connection.status.value).toMatchObject({ state: "waiting", offline: true });
  expect(made).toHaveLength(1);
  page.goes(true);
  await pass(251);
  expect(made).toHaveLength(2);
  connection.close();
});

test("one that wakes while it calls itself offline is tried all the same", async () => {
  const { connection, page, last, made } = await waiting();
  page.goes(false);
  last().falls();
  page.shows("visible");
  await pass(251);
  expect(made).toHaveLength(2);
  connection.close();
});

test("waking shortens a long wait and never lengthens a short one", async () => {
  const draws = [1, 1, 0.2, 0.9];
  const { connection, page, last, wait } = await waiting(() => draws.shift() ?? 0);
  last().falls();
  expect(wait()).toBe(500);
  await pass(501);
  last().falls();
  expect(wait()).toBe(1_000);
  page.shows("visible");
  expect(wait()).toBe(100);
  page.shows("visible");
  expect(wait()).toBe(100);
  connection.close();
});

test("waking does not undercut the least wait", async () => {
  const { connection, page, last, wait } = await waiting(least);
  last().falls(4429);
  await pass(1_000);
  page.shows("visible");
  expect(wait()).toBe(4_000);
  connection.close();
});
