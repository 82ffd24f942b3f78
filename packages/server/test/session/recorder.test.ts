import type { Message } from "@symbolon/protocol";
import type { Wire } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import type { NoticeListener } from "../../src/store/session-store.ts";
import { lease, watcher } from "../store/store-fixtures.ts";
import { attachRequest, createRecorder, roomMessage, tick } from "./create-recorder.ts";

test("the changes of a tick are one commit; the wire gets its messages after it", async () => {
  const { recorder, received, note, commits, sent } = await createRecorder();
  recorder.onSequence(1, "one");
  recorder.send("one");
  recorder.recordRoomMessages([roomMessage(7)]);
  await Promise.resolve();
  received.upTo = 3;
  recorder.acknowledged(1);
  recorder.send("ack");
  expect(sent).toEqual([]);
  await tick();
  expect(sent).toEqual(["one", "ack"]);
  expect(commits).toEqual([
    {
      outgoing: [{ sequence: 1, data: "one" }],
      acknowledged: { upTo: 1, pending: [] },
      received: { upTo: 3, pending: [] },
      roomMessages: [roomMessage(7)],
      note: JSON.stringify(note),
    },
  ]);
});

test("the commit has the room messages", async () => {
  const { store, recorder } = await createRecorder();
  const added: unknown[] = [];
  store.rooms.watch(
    "lobby",
    watcher(({ data }) => added.push(data)),
  );
  recorder.recordRoomMessages([roomMessage(1), roomMessage(2)]);
  await tick();
  expect(added).toEqual(['{"n":1}', '{"n":2}']);
});

test("a late acknowledgement changes nothing", async () => {
  const { recorder, commits } = await createRecorder();
  recorder.onSequence(1, "one");
  recorder.onSequence(2, "two");
  recorder.acknowledged(2);
  recorder.acknowledged(1);
  await tick();
  expect(commits.map(({ acknowledged }) => acknowledged)).toEqual([{ upTo: 2, pending: [] }]);
});

test("messages for a wire that has closed are not sent on the next one", async () => {
  const { recorder, sent } = await createRecorder();
  const next: Message[] = [];
  recorder.send("old");
  recorder.wire = { send: (message: Message) => next.push(message) } as unknown as Wire;
  recorder.send("new");
  await tick();
  expect(sent).toEqual([]);
  expect(next).toEqual(["new"]);
});

test("a session that another process has is lost here, once", async () => {
  const { recorder, lost, sent } = await createRecorder(() => ({ commit: () => false as const }));
  recorder.send("one");
  await tick();
  recorder.send("two");
  await tick();
  expect(lost).toMatchObject([{ type: "taken" }]);
  expect(sent).toEqual([]);
});

test("a session that has ended in the store is lost here, when it is committed and when it is detached", async () => {
  for (const act of ["send", "detach"] as const) {
    const { store, recorder, lost } = await createRecorder(() => ({ watch: () => () => {} }));
    await store.sessions.remove(recorder.claim);
    void recorder[act]("one");
    await tick();
    expect(lost).toEqual([{ type: "removed", claim: recorder.claim }]);
  }
});

test("a loss that is reported late, after the process has the session again, ends nothing", async () => {
  let report: NoticeListener = () => {};
  const { epoch, recorder, lost } = await createRecorder(() => ({
    watch: (_node, listener) => ((report = listener), () => {}),
  }));
  const { claim: before } = recorder;
  expect((await recorder.attach(attachRequest(epoch))).type).toBe("resumed");
  report({ type: "taken", claim: before });
  report({ type: "taken", claim: { ...recorder.claim, epoch: "another" } });
  report({ type: "taken", claim: { ...recorder.claim, sessionId: "another" } });
  expect(lost).toEqual([]);
  report({ type: "taken", claim: recorder.claim });
  expect(lost).toEqual([{ type: "taken", claim: recorder.claim }]);
});

test("a store that fails is reported, and nothing is sent", async () => {
  const full = new Error("the disk is full");
  const { recorder, lost, sent } = await createRecorder(() => ({ commit: () => Promise.reject(full) }));
  recorder.send("one");
  await tick();
  expect(lost).toEqual([{ type: "failed", error: full }]);
  expect(sent).toEqual([]);
});

test("while the client resumes, nothing is committed with the earlier claim", async () => {
  const { recorder, lost, sent } = await createRecorder();
  const attached = recorder.attach(attachRequest("another"));
  recorder.send("one");
  expect((await attached).type).toBe("reset");
  await tick();
  expect(lost).toEqual([]);
  expect(sent).toEqual(["one"]);
});

test("a session that another process has had meanwhile is lost here, though the store lets it resume", async () => {
  const { store, epoch, recorder, clock, commits, lost } = await createRecorder();
  const back = (attempt: number) => ({
    sessionId: "sessionId",
    secretHash: "hash",
    principal: undefined,
    service: "/",
    keyHash: "keyHash",
    attempt,
    epoch,
    receivedUpTo: 0,
    firstHeld: 1,
    lease,
  });
  expect((await recorder.attach(back(2))).type).toBe("resumed");
  expect(lost).toEqual([]);
  expect((await store.sessions.attach(back(3))).type).toBe("resumed"); // by another process
  const attached = recorder.attach(back(4));
  await tick();
  clock.advance(600); // the other process does not answer
  expect((await attached).type).toBe("resumed");
  expect(lost).toMatchObject([{ type: "taken", claim: { fence: 2 } }]);
  recorder.send("one");
  await tick();
  await recorder.remove();
  expect(commits).toEqual([]);
  expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: "sessionId" } }]);
});

test("leaving commits the session as it is, and nothing after that", async () => {
  const { store, recorder, received, commits } = await createRecorder();
  received.upTo = 2;
  recorder.recordRoomMessages([roomMessage(1)]);
  const leaving = recorder.leave();
  received.upTo = 0;
  recorder.send("late");
  await leaving;
  await tick();
  expect(commits.map((commit) => commit.received)).toEqual([{ upTo: 2, pending: [] }]);
  expect(await store.sessions.list()).toMatchObject([{ endsAt: expect.any(Number) }]);
});

test("a session that ends is removed after its last commit", async () => {
  const { store, recorder } = await createRecorder();
  recorder.send("one");
  await recorder.remove();
  await recorder.remove();
  expect(await store.sessions.list()).toEqual([]);
});

test("a wire that is lost while its client resumes on another does not detach the session", async () => {
  const { store, epoch, recorder } = await createRecorder();
  const attached = recorder.attach(attachRequest(epoch));
  const detaching = recorder.detach();
  expect((await attached).type).toBe("resumed");
  await detaching;
  expect(await store.sessions.list()).toMatchObject([{ endsAt: undefined }]);
  await recorder.detach();
  expect(await store.sessions.list()).toMatchObject([{ endsAt: expect.any(Number) }]);
});

test("a session that cannot be detached is lost here, and stays in the store", async () => {
  const full = new Error("no space left");
  const { store, recorder, lost } = await createRecorder(() => ({ detach: () => Promise.reject(full) }));
  await recorder.detach();
  expect(lost).toEqual([{ type: "failed", error: full }]);
  await recorder.remove();
  expect(await store.sessions.list()).toMatchObject([{ claim: { sessionId: "sessionId" } }]);
});

test("an acknowledgement on the wire before is dropped when the client that resumes has received more", async () => {
  const { epoch, recorder, commits, lost } = await createRecorder();
  for (const sequence of [1, 2, 3]) recorder.onSequence(sequence, `${sequence}`);
  await tick();
  const attached = recorder.attach({ ...attachRequest(epoch), receivedUpTo: 3 });
  recorder.acknowledged(2); // it arrives while the store decides
  expect(await attached).toMatchObject({ type: "resumed", state: { acknowledged: { upTo: 3 } } });
  await tick();
  expect(lost).toEqual([]);
  recorder.acknowledged(3);
  await tick();
  expect(commits.map(({ acknowledged }) => acknowledged)).toEqual([
    undefined,
    undefined,
    { upTo: 3, pending: [] },
  ]);
});
