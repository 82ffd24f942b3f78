/** Rooms of two processes that announce their connections to each other. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Announcement, PresenceChannelListener } from "../../../src/rooms/presence/presence-channel.ts";
import { PresenceRoom } from "../../../src/rooms/presence/presence-room.ts";
import { Clock } from "../../../src/timing/clock.ts";
import { flushPromises } from "../../flush-promises.ts";
import { gate } from "../../gate.ts";
import { TestOutlet } from "../test-outlet.ts";

/** Processes of one store, each with the room "tea". */
function startStore() {
  const clock = new Clock();
  const listeners = new Map<string, PresenceChannelListener>();
  function startNode(node: string) {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const sent: Announcement[] = [];
    /** What the store does with an announcement: others receive it when it resolves with true. */
    const store = { append: async (): Promise<boolean> => true };
    let emptied = 0;
    const open = () => ({
      watch: () => {},
      stop: () => void listeners.delete(node),
      announce: async (announcement: Announcement) => {
        sent.push(announcement);
        if (!(await store.append())) return;
        for (const other of Array.from(listeners.values())) other.receive(announcement);
      },
    });
    const others = { nodes: { see: () => {} }, open } as never;
    const options = { definition: { data: z.string() }, clock, node, others, onError };
    const room: PresenceRoom = new PresenceRoom("tea", options, () => {
      emptied += 1;
      room.stop();
    });
    listeners.set(node, room);
    room.missed();
    const join = (id: string) => {
      const client = { id, principal: undefined, onError };
      const member = room.add(client, { attach: () => {}, detach: () => {} });
      member.attach(new TestOutlet(), undefined);
      return {
        leave: () => {
          member.detach();
          member.leave(false);
        },
        show: (data: string) => member.onPresence({ t: "presence", room: "tea", data }, 50),
      };
    };
    return { room, sent, store, errors, join, emptied: () => emptied, ids: () => idsOf(room) };
  }
  /** Lets `ms` pass; each process beats every 5 s. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      if (clock.now % 5_000 === 0) for (const room of listeners.values()) (room as PresenceRoom).retry();
      await flushPromises();
    }
  }
  return { startNode, pass, listeners };
}

/** Two processes with a member each, of which both know. */
async function startPair() {
  const { startNode, pass } = startStore();
  const [one, two] = [startNode("n1"), startNode("n2")];
  const a = one.join("a");
  two.join("b");
  await pass(1_000);
  return { pass, one, two, a };
}

const idsOf = ({ members }: PresenceRoom): string[] => members.map(({ id }) => id).sort();

describe("a process", () => {
  test("whose last member leaves while the store fails tries again, and then has no room", async () => {
    const { pass, one, two, a } = await startPair();
    expect(two.ids()).toEqual(["a", "b"]);
    one.store.append = () => Promise.reject(new Error("no connection"));
    a.leave();
    await pass(1_000);
    expect([one.errors.length, one.emptied(), two.ids()]).toEqual([1, 0, ["a", "b"]]);
    one.store.append = () => Promise.resolve(true);
    await pass(6_000);
    expect([one.errors.length, one.emptied(), two.ids()]).toEqual([1, 1, ["b"]]);
  });

  test("gives up a room without members when the store fails for longer than a process is expected back", async () => {
    const { startNode, pass } = startStore();
    const one = startNode("n1");
    one.join("a").leave();
    one.store.append = () => Promise.reject(new Error("the store is closed"));
    await pass(60_000);
    expect([one.errors.length, one.emptied()]).toEqual([5, 1]);
  });

  test("asks a store that fails once for each beat, however much changes", async () => {
    const { startNode, pass } = startStore();
    const one = startNode("n1");
    const a = one.join("a");
    await pass(1_000);
    const { length } = one.sent;
    one.store.append = () => Promise.reject(new Error("no connection"));
    for (let n = 0; n < 100; n += 1) {
      a.show(`${n}`);
      await pass(100);
    }
    expect(one.sent.length - length).toBeLessThan(4);
  });

  test("has one announcement on its way to a slow store, and then sends the newest", async () => {
    const { pass, one, two, a } = await startPair();
    const { length } = one.sent;
    const { passed, open } = gate();
    one.store.append = () => passed.then(() => true);
    for (let n = 0; n < 10; n += 1) {
      a.show(`${n}`);
      await pass(100);
    }
    expect(one.sent.length - length).toBe(1);
    open();
    await pass(1_000);
    expect(one.sent.length - length).toBe(2);
    expect(two.room.members).toMatchObject([{ id: "b" }, { id: "a", data: "9" }]);
  });

  test("that left while others could not learn of it is gone when they ask and it does not answer", async () => {
    const { startNode, pass } = startStore();
    const [one, two, three] = [startNode("n1"), startNode("n2"), startNode("n3")];
    const a = one.join("a");
    two.join("b");
    three.join("c");
    await pass(1_000);
    one.store.append = () => Promise.resolve(false);
    a.leave();
    await pass(1_000);
    two.room.missed();
    await pass(14_000);
    expect(two.ids()).toEqual(["a", "b", "c"]);
    await pass(2_000);
    expect(two.ids()).toEqual(["b", "c"]);
  });

  test("does not lose the others while it cannot ask them", async () => {
    const { startNode, pass } = startStore();
    const [one, two] = [startNode("n1"), startNode("n2")];
    one.join("a");
    two.join("b");
    await pass(1_000);
    two.store.append = () => Promise.reject(new Error("no connection"));
    two.room.missed();
    await pass(60_000);
    expect(two.ids()).toEqual(["a", "b"]);
  });

  test("that may have missed a question of another announces all its connections", async () => {
    const { startNode, pass, listeners } = startStore();
    const one = startNode("n1");
    one.join("a");
    await pass(1_000);
    listeners.delete("n1"); // its connection to the store is lost
    const two = startNode("n2");
    two.join("b");
    await pass(1_000);
    expect(two.ids()).toEqual(["b"]);
    listeners.set("n1", one.room);
    one.room.missed();
    await pass(1_000);
    expect([one.ids(), two.ids()]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
  });

  test("announces many connections in pages, the last of which has the ids of all", async () => {
    const { startNode, pass } = startStore();
    const one = startNode("n1");
    for (let n = 0; n < 200; n += 1) one.join(`m${n}`);
    await pass(1_000);
    expect(one.sent.map(({ here = [], all = [] }) => [here.length, all.length])).toEqual([
      [100, 0],
      [100, 200],
    ]);
  });
});
