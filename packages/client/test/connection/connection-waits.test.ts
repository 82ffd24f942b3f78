import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type fakeConnection, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const smallest = (): number => 0;
const largest = (): number => 1;

/** An open connection, and how long it is going to wait, in ms. */
async function createWaiting(
  random: NonNullable<Parameters<typeof fakeConnection>[0]>["random"] = () => 0.5,
) {
  const client = await openConnection({ random });
  const wait = (): number => (client.connection.status.value.retryAt ?? NaN) - Date.now();
  return { ...client, wait };
}

test("the jitter is full: any wait may be 0 ms, the first one too", async () => {
  const { connection, last, made, wait } = await createWaiting(smallest);
  last().emitClose();
  expect(wait()).toBe(0);
  await pass(1);
  expect(made).toHaveLength(2);
  connection.close();
});

test("every wait is drawn on its own", async () => {
  const draws = [0.1, 0.9];
  const { connection, last, wait } = await createWaiting(() => draws.shift() ?? 0);
  last().emitClose();
  expect(wait()).toBe(50);
  await pass(51);
  last().emitClose();
  expect(wait()).toBe(900);
  connection.close();
});

test("the jitter comes on top of the shortest wait that the server asks for", async () => {
  const { connection, last, wait } = await createWaiting(largest);
  last().emitClose(4429);
  expect(wait()).toBe(5_500);
  connection.close();
});

test("a connection whose device goes offline during a wait waits for the device", async () => {
  const { connection, page, last, made } = await createWaiting();
  last().emitClose();
  page.navigator.onLine = false;
  await pass(600_000);
  expect(connection.status.value).toMatchObject({ state: "waiting", offline: true });
  expect(made).toHaveLength(1);
  page.setOnline(true);
  await pass(251);
  expect(made).toHaveLength(2);
  connection.close();
});

test("a connection that wakes is retried even if the device reports that it is offline", async () => {
  const { connection, page, last, made } = await createWaiting();
  page.setOnline(false);
  last().emitClose();
  page.setVisibility("visible");
  await pass(251);
  expect(made).toHaveLength(2);
  connection.close();
});

test("a wake shortens a long wait and never lengthens a short one", async () => {
  const draws = [1, 1, 0.2, 0.9];
  const { connection, page, last, wait } = await createWaiting(() => draws.shift() ?? 0);
  last().emitClose();
  expect(wait()).toBe(500);
  await pass(501);
  last().emitClose();
  expect(wait()).toBe(1_000);
  page.setVisibility("visible");
  expect(wait()).toBe(100);
  page.setVisibility("visible");
  expect(wait()).toBe(100);
  connection.close();
});

test("a wake does not shorten the wait that the server asks for", async () => {
  const { connection, page, last, wait } = await createWaiting(smallest);
  last().emitClose(4429);
  await pass(1_000);
  page.setVisibility("visible");
  expect(wait()).toBe(4_000);
  connection.close();
});
