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
  expect(created.events).toEqual(["leaving", "releasable"]);
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
  expect(events).toEqual(["leaving"]);
  expect(notices).toEqual([{ type: "promised", sessionId: "sessionId" }]);
  received.pending = [2];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["leaving"]);
  received.pending = [];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["leaving", "releasable"]);
});

test("a session whose handlers may wait for the client is released when the client has replied", async () => {
  const created = await createRecorder();
  const { recorder, received, note, events } = created;
  note.outgoing.push(1);
  Object.assign(received, { upTo: 1, pending: [1] });
  expect(want(created)).toEqual({ type: "asked" });
  recorder.send("one");
  await tick();
  expect(events).toEqual([]);
  note.outgoing.length = 0;
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["leaving"]);
  received.pending = [];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["leaving", "releasable"]);
});

test("a session on which much else happens does not wait for replies for long", async () => {
  const created = await createRecorder();
  const { recorder, received, note, events, clock } = created;
  note.outgoing.push(1);
  Object.assign(received, { upTo: 1, pending: [1] });
  want(created);
  for (const [ms, seen] of [
    [99, []],
    [1, ["leaving"]],
  ] as const) {
    clock.advance(ms);
    recorder.send("one");
    await tick();
    expect(events).toEqual(seen);
  }
  received.pending = [];
  recorder.send("ack");
  await tick();
  expect(events).toEqual(["leaving", "releasable"]);
});

test("a session without running handlers is released, though the server waits for its client", async () => {
  const created = await createRecorder();
  created.note.outgoing.push(1);
  want(created);
  expect(created.events).toEqual(["leaving", "releasable"]);
});

test("a session leaves when the handlers of what has arrived are done, at most 2.5 s later", async () => {
  const { recorder, received, events, clock } = await createRecorder();
  Object.assign(received, { upTo: 2, pending: [1, 2] });
  for (const unfinished of [[], [2]]) {
    const finished = recorder.finish().then(() => events.push("finished"));
    recorder.send("ack");
    await tick();
    expect(events).toEqual(["leaving"]);
    received.pending = unfinished;
    recorder.send("ack");
    if (unfinished.length > 0) clock.advance(2_500);
    await finished;
    expect(events.splice(0)).toEqual(["leaving", "finished"]);
    received.pending = [2];
  }
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
