import { contract, request } from "@symbolon/protocol";
import { createApp, RequestError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, undoAll } from "../connection/servers.ts";

afterEach(undoAll);

const confirm = request({ input: z.string(), output: z.boolean() });
const chat = contract("/chat", { client: { confirm }, server: { confirm } });

// reports.md, fault 4
test("a request that the server leaves alone goes to onError when the client rejects it, and ends no process when the client leaves", async () => {
  const rejections: unknown[] = [];
  const record = (error: unknown): void => void rejections.push(error);
  process.on("unhandledRejection", record);
  undo.push(() => void process.off("unhandledRejection", record));
  const errors: unknown[] = [];
  let onReport = (): void => {};
  const reported = new Promise<void>((resolve) => (onReport = resolve));
  const app = createApp({
    onError(error) {
      errors.push(String(error));
      onReport();
    },
  });
  let ended: Promise<unknown> = Promise.resolve();
  app.implement(chat, (peer) => {
    ended = peer.closed;
    void peer.request("confirm", "no");
    void peer.request("confirm", "wait");
    return { confirm: () => Promise.reject(new RequestError("NO")) };
  });
  const client = connect(chat, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
  const failures: unknown[] = [];
  client.onFailed(({ name, error }) => failures.push([name, (error as RequestError).code]));
  const waiting = new Promise<void>((resolve) =>
    client.handle("confirm", (input) => {
      if (input === "no") throw new RequestError("NO", "not now");
      resolve();
      return new Promise<never>(() => {});
    }),
  );
  void client.request("confirm", "x");
  await client.request("confirm", "y").catch(() => {});
  await Promise.all([waiting, reported]);
  client.close();
  await ended;
  await new Promise((resolve) => setImmediate(resolve)); // Node reports rejections after the microtasks
  expect({ rejections, errors, failures }).toEqual({
    rejections: [],
    errors: ['Error: "confirm" failed: not now'],
    failures: [["confirm", "NO"]],
  });
});
