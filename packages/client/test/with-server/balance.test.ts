/** Clients of a process that has far more of them than another one go there, and lose nothing. */
import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore } from "@symbolon/server/store";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { retryAtOnce, socketsOf } from "./moving-client.ts";

const log = contract("/log", { client: { line: z.number() } });
const silence = 3_600_000;

retryAtOnce();

test("clients go to a process that comes back, and everything is handled once", async () => {
  const clock = new Clock();
  const store = memoryStore();
  const handled: string[] = [];
  const startNode = () => {
    const app = createApp({
      clock,
      store,
      heartbeat: { interval: silence, timeout: silence },
      sessions: { balance: true },
    });
    app.implement(log, (peer) => ({ line: (n) => void handled.push(`${peer.id} ${n}`) }));
    return { app, net: testNetwork(app) };
  };
  const first = startNode();
  let node = first;
  const clients = Array.from({ length: 16 }, () =>
    connect(log, {
      url: "ws://test",
      WebSocket: socketsOf(() => node.net),
    }),
  );
  onTestFinished(() => void clients.map((client) => client.close()));
  await Promise.all(clients.map(({ opened }) => opened));
  const back = startNode();
  node = back;
  let sent = 0;
  await vi.waitFor(() => {
    clock.advance(5_000);
    sent += 1;
    for (const client of clients) void client.send("line", sent);
    expect(back.app.gauges().connected).toBeGreaterThan(7);
  }, waitOptions);
  await vi.waitFor(() => expect(handled).toHaveLength(16 * sent), waitOptions);
  expect(new Set(handled).size).toBe(16 * sent);
  await vi.waitFor(
    () => expect(clients.every(({ status }) => status.value.state === "open")).toBe(true),
    waitOptions,
  );
});
