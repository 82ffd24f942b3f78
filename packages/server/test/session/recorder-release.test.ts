/** A session that another process wants. */
import { expect, test } from "vitest";
import { lease } from "../store/store-fixtures.ts";
import { attachRequest, createRecorder, tick } from "./create-recorder.ts";

/** Another process asks for the session of a recorder. */
function want({ store, epoch }: Awaited<ReturnType<typeof createRecorder>>): unknown {
  const other = { node: "another", ms: lease.ms };
  return store.sessions.attach({ ...attachRequest(epoch), lease: other, asksFirst: true });
}

test("a session that another process wants is released at once when nothing is unfinished", async () => {
  const created = await createRecorder();
  expect(want(created)).toEqual({ type: "asked" });
  expect(created.events).toEqual(["wanted", "releasable"]);
  await created.recorder.leave();
  expect(want(created)).toMatchObject({ type: "resumed", claim: { fence: 2 } });
  expect(created.lost).toEqual([]);
});

test("a session that another process wants is released with the commit of its last message", async () => {
  const created = await createRecorder();
  const { store, recorder, received, events } = created;
  const notices: unknown[] = [];
  store.sessions.watch("another", (notice) => notices.push(notice));
  Object.assign(received, { upTo: 2, pending: [1, 2] });
  want(created);
  want(created);
  await tick();
  expect(events).toEqual(["wanted"]);
  expect(notices).toEqual([{ type: "promised", sessionId: "sessionId" }]);
  received.pending = [2];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["wanted"]);
  received.pending = [];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["wanted", "releasable"]);
});

test("a session whose handlers may wait for the client is not released", async () => {
  const created = await createRecorder();
  created.note.outgoing.push(1);
  expect(want(created)).toEqual({ type: "asked" });
  created.recorder.send("one");
  await tick();
  expect(created.events).toEqual([]);
  created.note.outgoing.length = 0;
  want(created);
  expect(created.events).toEqual(["wanted", "releasable"]);
});

test("a store that cannot pass on the answer to the process that wants a session is reported", async () => {
  const failure = new Error("no connection");
  const created = await createRecorder(() => ({ willRelease: () => Promise.reject(failure) }));
  Object.assign(created.received, { upTo: 1, pending: [1] });
  want(created);
  await tick();
  expect(created.failures).toEqual([failure]);
  expect(created.lost).toEqual([]);
});
