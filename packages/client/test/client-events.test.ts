import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../src/index.ts";
import { fakeSockets, pass, welcome } from "./connection/fakes.ts";

/** The server may send events with the names of the client's own. */
const sameNames = contract("/same-names", {
  client: { post: z.number() },
  server: { failed: z.number(), reset: z.number(), gap: z.number() },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client over fake sockets, and everything that its listeners receive. */
async function startClient() {
  const { last, WebSocket } = fakeSockets();
  const client = connect(sameNames, { url: "ws://test", WebSocket });
  const messages: unknown[] = [];
  const own: unknown[] = [];
  for (const name of ["failed", "reset", "gap"] as const)
    client.on(name, (data) => void messages.push([name, data]));
  client.onFailed(({ name, error }) => own.push(["failed", name, error.code]));
  client.onReset(({ reason }) => own.push(["reset", reason]));
  client.onGap(({ room, reason }) => own.push(["gap", room, reason]));
  const open = async (...frames: string[]): Promise<void> => {
    await pass(1_000);
    last().emitOpen();
    for (const frame of frames) last().emitMessage(frame);
    await pass();
  };
  return { client, last, messages, own, open };
}

const event = (s: number, name: string): string => `{"s":${s},"t":"event","name":"${name}","data":${s}}`;

test("a contract's events named failed, reset and gap reach only the listeners of the contract's events", async () => {
  const { client, messages, own, open } = await startClient();
  await open(welcome(), event(1, "failed"), event(2, "reset"), event(3, "gap"));
  expect(messages).toEqual([
    ["failed", 1],
    ["reset", 2],
    ["gap", 3],
  ]);
  expect(own).toEqual([]);
  client.close();
});

test("the client's own events reach only the listeners of onFailed, onReset and onGap", async () => {
  const { client, last, messages, own, open } = await startClient();
  await open(welcome());
  client.send("post", 1);
  last().emitMessage('{"s":1,"t":"error","re":1,"code":"NO","message":"no"}');
  last().emitMessage('{"t":"gap","room":"tea","from":1,"to":2,"why":"trimmed"}');
  last().emitClose();
  await open(welcome({ state: "reset", why: "lost", sid: "s2" }));
  expect(own).toEqual([
    ["failed", "post", "NO"],
    ["gap", "tea", "trimmed"],
    ["reset", "lost"],
  ]);
  expect(messages).toEqual([]);
  client.close();
});

test("the function that onFailed, onReset and onGap return removes the listener", async () => {
  const { client, last, open } = await startClient();
  const received: unknown[] = [];
  const listener = (data: unknown): void => void received.push(data);
  for (const on of [client.onFailed, client.onReset, client.onGap]) on(listener)();
  await open(welcome());
  client.send("post", 1);
  last().emitMessage('{"s":1,"t":"error","re":1,"code":"NO","message":"no"}');
  last().emitMessage('{"t":"gap","room":"tea","from":1,"to":2,"why":"trimmed"}');
  last().emitClose();
  await open(welcome({ state: "reset", why: "lost", sid: "s2" }));
  expect(received).toEqual([]);
  client.close();
});
