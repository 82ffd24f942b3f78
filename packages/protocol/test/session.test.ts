import { expect, test } from "vitest";
import { CloseError, RequestError } from "../src/errors.ts";
import { Session } from "../src/session.ts";
import { joinedWires } from "../src/wire.ts";
import { hearing } from "./wire-conformance.ts";

function wired() {
  const [wire, far] = joinedWires();
  return { wire, far, heard: hearing(far) };
}

test("what is said before a wire is live is kept, and goes first, in order", async () => {
  const session = new Session();
  const kept = [session.send("1"), session.send("2")];
  expect(session.pending.size).toBe(2);
  const { wire, heard } = wired();
  session.live(wire);
  session.send("3");
  expect(session.pending.size).toBe(0);
  await Promise.all(kept);
  expect([await heard.take(), await heard.take(), await heard.take()]).toEqual(["1", "2", "3"]);
});

test("a parked session keeps what is said for the next wire", async () => {
  const session = new Session();
  const [first, second] = [wired(), wired()];
  session.live(first.wire);
  session.send("1");
  session.parked();
  session.send("2");
  session.live(second.wire);
  session.send("3");
  expect([await first.heard.take(), first.heard.size]).toEqual(["1", 0]);
  expect([await second.heard.take(), await second.heard.take()]).toEqual(["2", "3"]);
});

test("a send is paced by the wire", async () => {
  const session = new Session();
  const { wire, far } = wired();
  session.live(wire);
  far.pause();
  const order: string[] = [];
  const sent = session.send("1").then(() => order.push("sent"));
  await new Promise(setImmediate);
  order.push("resumed");
  far.resume();
  await sent;
  expect(order).toEqual(["resumed", "sent"]);
});

test("one message more than the limit fails, and those kept are kept", async () => {
  const session = new Session({ limit: 1 });
  const kept = session.send("1");
  await expect(session.send("2")).rejects.toThrow(
    new RequestError("OUTBOX_FULL", "more than 1 messages wait for a connection"),
  );
  const { wire, heard } = wired();
  session.live(wire);
  await kept;
  expect(await heard.take()).toBe("1");
});

test("a thousand messages are kept unless told otherwise", async () => {
  const session = new Session();
  for (let message = 0; message < 1_000; message += 1) session.send("");
  await expect(session.send("")).rejects.toMatchObject({ code: "OUTBOX_FULL" });
  expect(session.pending.size).toBe(1_000);
});

test("after the end everything fails with its first reason", async () => {
  const session = new Session();
  const reason = new CloseError(1000);
  const kept = session.send("1");
  session.end(reason);
  session.end(new Error("again"));
  expect(session.pending.size).toBe(0);
  await expect(kept).rejects.toBe(reason);
  await expect(session.send("2")).rejects.toBe(reason);
  const { wire, heard } = wired();
  session.live(wire);
  await expect(session.send("3")).rejects.toBe(reason);
  await new Promise(setImmediate);
  expect(heard.size).toBe(0);
});
