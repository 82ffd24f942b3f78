import { contract } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { publisher } from "@symbolon/server/publisher";
import { memoryStore, type Store } from "@symbolon/server/store";
import { testNetwork } from "@symbolon/server/testing";
import { connect } from "@symbolon/client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";
import { z } from "zod";

const builds = contract("/builds", { server: { finished: z.string(), started: z.void() } });

/** A client of an app that has a store, in the room "main"; resolves with what it receives. */
async function joined(store: Store, served: typeof builds = builds): Promise<unknown[]> {
  const app = createApp({ store });
  app.implement(served, (peer, { room }) => {
    room("main").join(peer);
    return {};
  });
  const { WebSocket } = testNetwork(app);
  const client = connect(served, { url: "ws://test", WebSocket });
  onTestFinished(() => client.close());
  const received: unknown[] = [];
  client.on("finished", (name) => received.push(name));
  client.on("started", () => received.push("started"));
  await client.opened;
  return received;
}

describe("a publisher", () => {
  test("sends to the members at every server of its store, in one order", async () => {
    const store = memoryStore();
    const received = [await joined(store), await joined(store)];
    const room = publisher(builds, { store }).room("main");
    room.send("started");
    await room.send("finished", "build 7");
    await publisher(builds, { store }).room("other").send("finished", "build 8");
    expect(room.name).toBe("main");
    await vi.waitFor(() => expect(received).toEqual([1, 2].map(() => ["started", "build 7"])), waitOptions);
  });

  test("writes by the codec of its contract", async () => {
    const packed = contract("/builds", { server: builds.definition.server, codec: msgpack });
    const store = memoryStore();
    const received = await joined(store, packed);
    await publisher(packed, { store }).room("main").send("finished", "build 7");
    await vi.waitFor(() => expect(received).toEqual(["build 7"]), waitOptions);
  });

  test("says how much its rooms remember", async () => {
    const store = memoryStore();
    const memory = { messages: 2 };
    const room = publisher(builds, { store, memory }).room("main");
    for (const name of ["a", "b", "c"]) await room.send("finished", name);
    const { entries } = await store.rooms.read(JSON.stringify(["/builds", "main"]), {}, 9);
    expect(entries.map(({ offset }) => offset)).toEqual([2, 3]);
    const forgetful = publisher(builds, { store, memory: false }).room("main");
    await forgetful.send("finished", "d");
    expect((await store.rooms.read(JSON.stringify(["/builds", "main"]), {}, 9)).entries).toEqual([]);
  });

  test("reports a send that the store has lost: to its caller, or by onError when no code awaits it", async () => {
    const memory = memoryStore();
    const append = () => Promise.reject(new Error("no connection"));
    const store = { ...memory, rooms: { ...memory.rooms, append } };
    const onError = vi.fn<(error: unknown) => void>();
    const room = publisher(builds, { store, onError }).room("main");
    await expect(room.send("finished", "a")).rejects.toThrow("no connection");
    expect(onError).not.toHaveBeenCalled();
    room.send("finished", "b");
    await vi.waitFor(
      () =>
        expect(onError.mock.calls).toMatchObject([
          [
            {
              message: "a room message may be lost: the store has failed",
              cause: new Error("no connection"),
            },
          ],
        ]),
      waitOptions,
    );
  });

  test("needs a store, and refuses what cannot be", () => {
    const store = memoryStore();
    // @ts-expect-error -- a program in JavaScript may forget it
    expect(() => publisher(builds, {})).toThrow("publisher needs the store of the servers");
    expect(() => publisher(builds, { store, memory: { messages: 0 } })).toThrow("rooms.memory.messages");
    // @ts-expect-error -- as `implement` has it; it would be ignored
    const misnamed = (): unknown => publisher(builds, { store, rooms: { memory: false } });
    expect(misnamed).toThrow(
      'publisher has no option "rooms": its options are store, memory, codecs, onError',
    );
    expect(() => publisher(builds, { store }).room("a*")).toThrow("no control character and no *");
    // @ts-expect-error -- the contract has no such event
    const wrong = (): unknown => publisher(builds, { store }).room("a").send("nothing", 1);
    expect(wrong).toBeTypeOf("function");
  });
});
