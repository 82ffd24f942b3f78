import { contract, request, stream } from "@symbolon/protocol";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, undoAll } from "../connection/servers.ts";

afterEach(undoAll);

const messages = {
  ping: z.void(),
  now: request({ input: z.void(), output: z.void() }),
  ticks: stream({ input: z.undefined(), output: z.undefined() }),
};
const quiet = contract("/quiet", { client: messages, server: { ...messages, tick: z.void() } });

test.each([["JSON", {}] as const, ["MessagePack", { codec: msgpack }] as const])(
  "messages without input need no argument in %s",
  async (_, codec) => {
    const received: unknown[] = [];
    const record = (name: string) => (input: unknown) => void received.push([name, input]);
    const app = createApp({ codecs: [msgpack] });
    const service = app.implement(quiet, (peer, { room }) => {
      room("all").join(peer);
      return {
        ping: async (input) => {
          record("ping")(input);
          peer.send("ping");
          await service.room("all").send("tick");
        },
        now: async (input) => {
          record("now")(input);
          await peer.request("now");
        },
        ticks: async function* (input) {
          record("ticks")(input);
          yield* peer.stream("ticks");
        },
      };
    });
    const { WebSocket } = testNetwork(app);
    const client = connect(quiet, { url: "ws://test", WebSocket, ...codec });
    undo.push(() => client.close());
    const tick = new Promise((resolve) => client.on("tick", (input) => resolve([input])));
    const ping = new Promise((resolve) => client.on("ping", (input) => resolve([input])));
    client.handle("now", record("client now"));
    client.handle("ticks", function* (input) {
      record("client ticks")(input);
      yield undefined;
    });
    await client.send("ping");
    expect(await ping).toEqual([undefined]);
    expect(await tick).toEqual([undefined]);
    expect(await client.request("now")).toBeUndefined();
    const items: unknown[] = [];
    for await (const item of client.stream("ticks")) items.push(item);
    expect(items).toEqual([undefined]);
    expect(received).toEqual([
      ["ping", undefined],
      ["now", undefined],
      ["client now", undefined],
      ["ticks", undefined],
      ["client ticks", undefined],
    ]);
  },
);
