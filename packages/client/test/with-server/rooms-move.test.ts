import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { memoryStore, type Store } from "@symbolon/server/store";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { retryAtOnce, socketsOf } from "./moving-client.ts";

const news = contract("/news", { server: { headline: z.string() } });

retryAtOnce();

test("a client whose process ends before it has sent a room's position receives each message since it has joined", async () => {
  const clock = new Clock();
  const store = memoryStore();
  /** The first process finds where the room is, and then does not read it any more. */
  const unread: Store["rooms"] = Object.assign(Object.create(store.rooms) as Store["rooms"], {
    read: () => new Promise(() => {}),
  });
  const nodes = [{ ...store, rooms: unread }, store].map((own) => {
    const app = createApp({ clock, store: own });
    const service = app.implement(news, (peer, { room }) => {
      room("all").join(peer);
      return {};
    });
    return { net: testNetwork(app), all: service.room("all") };
  });
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error("two nodes");
  let node = first;
  const client = connect(news, {
    url: "ws://test",
    WebSocket: socketsOf(() => node.net),
  });
  onTestFinished(() => client.close());
  const received: unknown[] = [];
  client.on("headline", (text) => received.push(text));
  client.onGap((gap) => received.push(gap));
  await client.opened;
  await second.all.send("headline", "one");
  node = second;
  first.net.drop("client");
  await vi.waitFor(() => {
    clock.advance(100);
    expect(received).toEqual(["one"]);
  }, waitOptions);
  await second.all.send("headline", "two");
  await vi.waitFor(() => expect(received).toEqual(["one", "two"]), waitOptions);
  expect(client.status.value.resumed).toBe(true);
});
