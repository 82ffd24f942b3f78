import { contract, stream, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";

const Anything = z.unknown();
const values = contract("/values", {
  client: {
    say: Anything,
    echo: stream({ input: Anything, upload: Anything, output: Anything }),
  },
  server: { said: Anything },
});

/** What JSON has no word for. */
const rich = {
  bytes: Uint8Array.of(1, 2),
  at: new Date(0),
  map: new Map([["a", new Set([1n])]]),
  none: undefined,
};

/** A codec that counts what it writes. */
function counting(codec: FrameCodec) {
  const counted = { ...codec, written: 0, write };
  function write(...args: Parameters<FrameCodec["write"]>) {
    counted.written += 1;
    return codec.write(...args);
  }
  return counted;
}

function serving(codecs: readonly FrameCodec[]) {
  const heard: unknown[] = [];
  const errors: unknown[] = [];
  const app = createApp({ codecs, onError: (error) => void errors.push(error) });
  const service = app.implement(values, (peer, { room }) => {
    room("all").join(peer);
    return {
      say: (data) => {
        heard.push(data);
        peer.send("said", data);
      },
      echo: async function* (first, { upload }) {
        yield first;
        yield* upload;
      },
    };
  });
  const net = testNetwork(app);
  const client = (codec?: FrameCodec) => {
    const one = connect(values, { url: "ws://test", WebSocket: net.WebSocket, ...(codec && { codec }) });
    const said = (): Promise<unknown> => new Promise((resolve) => one.on("said", resolve));
    return { ...one, opened: () => one.opened, said };
  };
  return { client, heard, errors, net, room: service.room("all") };
}

describe("when both halves have MessagePack", () => {
  test("events carry what JSON cannot, both ways, also when said before the connection", async () => {
    const { client, heard } = serving([msgpack]);
    const one = client(msgpack);
    const said = one.said();
    one.send("say", rich);
    expect(await said).toEqual(rich);
    expect(heard).toEqual([rich]);
    one.close();
  });

  test("streams carry it, and are paced by it", async () => {
    const { client } = serving([msgpack]);
    const one = client(msgpack);
    const upload = Array.from({ length: 100 }, () => new Uint8Array(10_000));
    const got: unknown[] = [];
    for await (const item of one.stream("echo", rich, { upload })) got.push(item);
    expect(got[0]).toEqual(rich);
    expect(got.slice(1).map((item) => (item as Uint8Array).length)).toEqual(upload.map(() => 10_000));
    one.close();
  });

  test("the server chooses from its own list", async () => {
    const { net } = serving([msgpack]);
    const offered = ["symbolon.v9", jsonFrames.protocol, msgpack.protocol];
    const socket = await net.connect("/values", { protocols: offered });
    expect(socket.protocol).toBe(msgpack.protocol);
    socket.send({ t: "hello", v: 1, cid: "c", att: 1, w: 256, wb: 2 ** 20 });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ t: "welcome" });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ t: "room", room: "all" });
    socket.send(msgpack.stamp(msgpack.write({ t: "event", name: "say", data: 1n }), { s: 1 }));
    const said = { s: 1, t: "event", name: "said", data: 1n, q: 1 };
    expect(msgpack.read(await socket.receive())).toEqual(said);
    expect(JSON.parse(String(await socket.receive()))).toEqual({ t: "ack", a: 1 });
    socket.send(Uint8Array.of(0xc1));
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });
});

describe("JSON is spoken", () => {
  test.each([
    ["by a server that does not have MessagePack", [], msgpack],
    ["by a client that does not have it", [msgpack], undefined],
  ])("%s", async (_, codecs, codec) => {
    const { client, heard } = serving(codecs);
    const one = client(codec);
    const said = one.said();
    one.send("say", { kept: "before", at: new Date(0) });
    await one.opened();
    expect(await said).toEqual({ kept: "before", at: "1970-01-01T00:00:00.000Z" });
    expect(heard).toHaveLength(1);
    one.close();
  });

  test("and what was kept of the rest is what JSON has for it", async () => {
    const { client } = serving([]);
    const one = client(msgpack);
    const said = one.said();
    one.send("say", { large: 2n ** 70n, set: new Set([1]) });
    expect(await said).toEqual({ large: String(2n ** 70n), set: {} });
    one.close();
  });
});

describe("a room with members of both codecs", () => {
  test("writes once for each", async () => {
    const counted = counting(msgpack);
    const { client, room } = serving([counted]);
    const all = [client(msgpack), client(msgpack), client(), client()];
    await Promise.all(all.map((one) => one.opened()));
    const said = all.map((one) => one.said());
    room.send("said", { at: new Date(0) });
    expect(counted.written).toBe(1);
    const [first, second, third] = await Promise.all(said);
    expect([first, second]).toEqual([{ at: new Date(0) }, { at: new Date(0) }]);
    expect(third).toEqual({ at: "1970-01-01T00:00:00.000Z" });
    for (const one of all) one.close();
  });

  test("tells each what its codec has for it", async () => {
    const { client, room, errors } = serving([msgpack]);
    const [spoken, packed] = [client(), client(msgpack)];
    await Promise.all([spoken.opened(), packed.opened()]);
    const said = Promise.all([packed.said(), spoken.said()]);
    room.send("said", 1n);
    expect(await said).toEqual([1n, "1"]);
    expect(() => room.send("said", () => {})).toThrow("a function cannot be sent");
    expect(errors).toEqual([]);
    spoken.close();
    packed.close();
  });
});
