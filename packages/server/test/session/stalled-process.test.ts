/** A process that has stood still while another one took its sessions handles nothing before the store has said what it still has. */
import { expect, test, vi } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { Store } from "../../src/store/store.ts";
import { Clock } from "../../src/timing/clock.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectNotes, resumeHello, startNotesServer } from "../contract/notes-server.ts";
import { flushPromises } from "../flush-promises.ts";
import { gate } from "../gate.ts";

/** A clock whose process stands still. */
class StallingClock extends Clock {
  stalledFor = 0;
  override get behind(): number {
    return this.stalledFor;
  }
}

/** A process that learns nothing by `watch`, another one, and a client that both serve. */
async function startTwo() {
  const memory = memoryStore();
  const sessions = Object.assign(Object.create(memory.sessions) as Store["sessions"], {
    watch: () => () => {},
  });
  const clock = new StallingClock();
  const handled: string[] = [];
  const { passed, open } = gate();
  const post = (node: string) => async (text: string) => {
    handled.push(`${text} at ${node}`);
    if (text === "slow") await passed;
  };
  const ask = (node: string) => async (text: string) => {
    await post(node)(text);
    return text;
  };
  const handlers = (node: string) => ({ post: post(node), ask: ask(node), onCount: post(node) });
  const slow = startNotesServer(handlers("slow node"), { clock, store: { ...memory, sessions } });
  const other = startNotesServer(handlers("other"), { store: memory });
  const { socket, welcome } = await connectNotes(slow.net);
  /** The client goes to the other process, which asks in vain and takes the session. */
  const move = async (): Promise<void> => {
    const moved = connectNotes(other.net, resumeHello(welcome, { tx0: 1 }));
    await vi.waitFor(async () => {
      other.clock.advance(100);
      expect(await memory.sessions.list()).toMatchObject([{ claim: { fence: 2 } }]);
    }, waitOptions);
    await moved;
  };
  const send = (data: string): void => void socket.send({ t: "event", name: "post", data });
  return { slow, clock, sessions, socket, handled, move, send, open };
}

test("what arrives after the stall is not handled when another process has the session", async () => {
  const { clock, socket, handled, move, send } = await startTwo();
  send("1");
  await flushPromises();
  await move();
  clock.stalledFor = 12_000;
  send("2");
  await expect(socket.closed).resolves.toMatchObject({ code: 1001 });
  expect(handled).toEqual(["1 at slow node"]);
});

test("what waited before the stall is not handled either", async () => {
  const { clock, socket, handled, move, send, open } = await startTwo();
  send("slow");
  send("2");
  await flushPromises();
  await move();
  clock.stalledFor = 12_000;
  open();
  await socket.closed;
  await flushPromises();
  expect(handled).toEqual(["slow at slow node"]);
});

test("a request and a stream are not handled either, though the client does not answer the close", async () => {
  const { slow, clock, sessions, socket, handled, move } = await startTwo();
  await move();
  const { passed, open } = gate();
  const renew = sessions.renew.bind(sessions);
  const renewed = vi.spyOn(sessions, "renew").mockImplementation(async (...leases) => {
    await passed;
    return renew(...leases);
  });
  clock.stalledFor = 12_000;
  socket.send({ s: 1, t: "request", q: 1, name: "ask", data: "1" });
  socket.send({ s: 2, t: "stream", q: 2, name: "count", data: 2 });
  await vi.waitFor(() => expect(renewed).toHaveBeenCalled(), waitOptions);
  slow.net.stall();
  open();
  await vi.waitFor(() => expect(slow.peers[0]?.signal.aborted).toBe(true), waitOptions);
  await flushPromises();
  expect([handled, slow.peers[0]?.moved]).toEqual([[], true]);
});

test("requests that waited for others before the stall are not handled either", async () => {
  const { slow, clock, socket, handled, move, open } = await startTwo();
  for (let q = 1; q <= 17; q += 1) socket.send({ s: q, t: "request", q, name: "ask", data: "slow" });
  await flushPromises();
  expect(handled).toHaveLength(16);
  await move();
  slow.net.stall();
  clock.stalledFor = 12_000;
  clock.advance(100);
  await vi.waitFor(() => expect(slow.peers[0]?.signal.aborted).toBe(true), waitOptions);
  open();
  await flushPromises();
  expect(handled).toHaveLength(16);
});

test("a process that stands still again while it waits for the store asks once more", async () => {
  const { clock, sessions, socket, handled, move, send } = await startTwo();
  const { passed, open } = gate();
  const renew = sessions.renew.bind(sessions);
  const renewed = vi.spyOn(sessions, "renew").mockImplementationOnce(async (...leases) => {
    const answer = await renew(...leases);
    await passed;
    return answer;
  });
  clock.stalledFor = 300;
  send("1");
  await vi.waitFor(() => expect(renewed).toHaveBeenCalled(), waitOptions);
  await move();
  clock.stalledFor = 12_000;
  clock.advance(100);
  clock.stalledFor = 0;
  open();
  await socket.closed;
  await flushPromises();
  expect(handled).toEqual([]);
});

test("everything is handled, in order, when the process still has the session", async () => {
  const { slow, clock, handled, send } = await startTwo();
  clock.stalledFor = 12_000;
  for (const text of ["1", "2", "3"]) send(text);
  clock.advance(100);
  await slow.net.settled();
  clock.stalledFor = 0;
  send("4");
  await vi.waitFor(
    () => expect(handled).toEqual(["1", "2", "3", "4"].map((text) => `${text} at slow node`)),
    waitOptions,
  );
  expect(slow.onError).not.toHaveBeenCalled();
});

test("a store that does not answer is reported, and what arrives is handled", async () => {
  const { slow, clock, sessions, handled, send } = await startTwo();
  const failure = new Error("no connection");
  vi.spyOn(sessions, "renew").mockRejectedValueOnce(failure);
  clock.stalledFor = 251;
  send("1");
  await vi.waitFor(() => expect(handled).toEqual(["1 at slow node"]), waitOptions);
  expect(slow.onError).toHaveBeenCalledExactlyOnceWith(failure, expect.anything());
});
