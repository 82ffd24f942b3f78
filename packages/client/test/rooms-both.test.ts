import { contract } from "@symbolon/protocol";
import { createApp, type RoomsOptions, type Peer } from "@symbolon/server";
import { Clock, testClient } from "@symbolon/server/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../src/connect.ts";

const chat = contract("/chat", {
  client: { say: z.string(), leave: z.string() },
  server: { said: z.string() },
});

function serving(rooms: RoomsOptions<typeof chat> = {}) {
  const clock = new Clock();
  const errors: unknown[] = [];
  const app = createApp({ clock, onError: (error) => void errors.push(error) });
  const peers: Peer[] = [];
  const service = app.implement(chat, { rooms }, (peer, { room }) => {
    peers.push(peer as never);
    room("tea").join(peer);
    return {
      say: (text) => void room("tea").send("said", text),
      leave: (name) => room(name).leave(peer),
    };
  });
  const net = testClient(app);
  function enter() {
    const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket });
    onTestFinished(() => client.close());
    const log: unknown[] = [];
    client.on("said", (text) => log.push(text));
    client.on("gap", (gap) => log.push(gap));
    client.on("reset", (reset) => log.push(reset));
    return { client, log };
  }
  return { clock, errors, service, net, enter, peers };
}

test("smoke", async () => {
  const { service, net, enter, errors } = serving();
  const one = enter();
  const two = enter();
  await Promise.all([one.client.opened, two.client.opened]);
  const tea = service.room("tea");
  await tea.send("said", "a");
  await vi.waitFor(() => expect([one.log, two.log]).toEqual([["a"], ["a"]]));
  net.drop();
  tea.send("said", "b");
  tea.send("said", "c");
  await vi.waitFor(
    () =>
      expect([one.log, two.log]).toEqual([
        ["a", "b", "c"],
        ["a", "b", "c"],
      ]),
    3000,
  );
  tea.send("said", "d");
  await one.client.send("say", "e");
  await vi.waitFor(() => expect(one.log).toEqual(["a", "b", "c", "d", "e"]));
  expect(errors).toEqual([]);
});
