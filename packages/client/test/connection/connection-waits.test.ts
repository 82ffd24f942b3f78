import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type fakeConnection, openConnection, pass } from "./fakes.ts";

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

const smallest = (): number => 0;
const largest = (): number => 1;

/** A connection that has been open for ten seconds, and how long it is going to wait, in ms. */
async function createWaiting(
  random: NonNullable<Parameters<typeof fakeConnection>[0]>["random"] = () => 0.5,
) {
  const client = await openConnection({ random });
  await pass(10_000);
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
  expect(wait()).toBe(25);
  await pass(26);
  last().emitClose();
  expect(wait()).toBe(450);
  connection.close();
});

test("the jitter comes on top of the shortest wait that the server asks for", async () => {
  const { connection, last, wait } = await createWaiting(largest);
  last().emitClose(4429);
  expect(wait()).toBe(5_250);
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

test("a wake, the network and a call of reconnect each end a wait at once, whatever was before", async () => {
  const { connection, page, last, made, wait } = await createWaiting(largest);
  const events = [
    () => page.setVisibility("visible"),
    () => page.setOnline(true),
    () => page.emitTransition("pageshow", false),
    () => connection.reconnect(),
  ];
  for (let losses = 0; losses < 8; losses += 1) {
    last().emitClose();
    await pass(5_001);
  }
  for (const event of events) {
    last().emitClose();
    expect(wait()).toBe(5_000);
    const before = made.length;
    event();
    expect(wait()).toBe(0);
    await pass(1);
    expect(made).toHaveLength(before + 1);
  }
  connection.close();
});

test("a wake ends the floor after a wire that died young", async () => {
  const { connection, page, last, made, wait } = await createWaiting();
  for (const floor of [0, 500]) {
    last().emitClose();
    expect(wait()).toBe(floor + 125);
    page.setVisibility("visible");
    expect(wait()).toBe(0);
    await pass(1);
    last().emitOpen();
    connection.established();
  }
  expect(made).toHaveLength(3);
  connection.close();
});

test("a device that slept dials within a second of its time, though its timers stood still", async () => {
  const { connection, last, made } = await createWaiting(largest);
  for (let losses = 0; losses < 8; losses += 1) {
    last().emitClose();
    await pass(5_001);
  }
  last().emitClose();
  const before = made.length;
  await pass(500);
  vi.setSystemTime(Date.now() + 3_600_000);
  await pass(501);
  expect(made).toHaveLength(before + 1);
  connection.close();
});

test("a clock that is set back makes no wait longer", async () => {
  const { connection, last, made } = await createWaiting(largest);
  last().emitClose(4429);
  vi.setSystemTime(Date.now() - 3_600_000);
  await pass(5_251);
  expect(made).toHaveLength(2);
  connection.close();
});

test("a dial that the device slept through has failed within a second, and the next one starts", async () => {
  const { connection, last, made } = await createWaiting(smallest);
  last().emitClose();
  await pass(1);
  expect(made).toHaveLength(2);
  vi.setSystemTime(Date.now() + 3_600_000);
  await pass(1_002);
  expect(made).toHaveLength(3);
  connection.close();
});

test("neither a wake nor reconnect shortens the wait that the server asks for", async () => {
  const { connection, page, last, wait } = await createWaiting(smallest);
  last().emitClose(4429);
  await pass(1_000);
  page.setVisibility("visible");
  connection.reconnect();
  expect(wait()).toBe(4_000);
  connection.close();
});
