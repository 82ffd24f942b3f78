import { contract, request, stream, type FrameCodec } from "@symbolon/protocol";
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
    post: Anything,
    echo: stream({ input: Anything, upload: Anything, output: Anything }),
  },
  server: { posted: Anything },
});

/** A value that JSON cannot represent. */
const rich = {
  bytes: Uint8Array.of(1, 2),
  at: new Date(0),
  map: new Map([["a", new Set([1n])]]),
  none: undefined,
};

/** A codec that counts the frames that it writes. */
function countWrites(codec: FrameCodec) {
  const counting = { ...codec, written: 0, write };
  function write(...args: Parameters<FrameCodec["write"]>) {
    counting.written += 1;
    return codec.write(...args);
  }
  return counting;
}

/** An app with codecs, the values that it received, and a function that connects clients to it. */
function createValueServer(codecs: readonly FrameCodec[]) {
  const received: unknown[] = [];
  const errors: unknown[] = [];
  const app = createApp({ codecs, onError: (error) => void errors.push(error) });
  const service = app.implement(values, (peer, { room }) => {
    room("all").join(peer);
    return {
      post: (data) => {
        received.push(data);
        peer.send("posted", data);
      },
      echo: async function* (first, { upload }) {
        yield first;
        yield* upload;
      },
    };
  });
  const net = testNetwork(app);
  const connectClient = (codec?: FrameCodec) => {
    const client = connect(values, { url: "ws://test", WebSocket: net.WebSocket, ...(codec && { codec }) });
    const nextPosted = (): Promise<unknown> => new Promise((resolve) => client.on("posted", resolve));
    return { ...client, opened: () => client.opened, nextPosted };
  };
  return { connectClient, received, errors, net, room: service.room("all") };
}

describe("when the client and the server have MessagePack", () => {
  test("events carry values that JSON cannot, both ways, also if sent before the connection", async () => {
    const { connectClient, received } = createValueServer([msgpack]);
    const client = connectClient(msgpack);
    const posted = client.nextPosted();
    client.send("post", rich);
    expect(await posted).toEqual(rich);
    expect(received).toEqual([rich]);
    client.close();
  });

  test("streams carry such values, and their credit counts MessagePack bytes", async () => {
    const { connectClient } = createValueServer([msgpack]);
    const client = connectClient(msgpack);
    const upload = Array.from({ length: 100 }, () => new Uint8Array(10_000));
    const items: unknown[] = [];
    for await (const item of client.stream("echo", rich, { upload })) items.push(item);
    expect(items[0]).toEqual(rich);
    expect(items.slice(1).map((item) => (item as Uint8Array).length)).toEqual(upload.map(() => 10_000));
    client.close();
  });

  test("the server chooses the first codec of its own list", async () => {
    const { net } = createValueServer([msgpack]);
    const offered = ["symbolon.v9", jsonFrames.protocol, msgpack.protocol];
    const socket = await net.connect("/values", { protocols: offered });
    expect(socket.protocol).toBe(msgpack.protocol);
    socket.send({
      t: "hello",
      v: 1,
      cid: "c",
      key: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
      att: 1,
      w: 256,
      wb: 2 ** 20,
    });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ t: "welcome" });
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({ t: "room", room: "all" });
    socket.send(msgpack.stamp(msgpack.write({ t: "event", name: "post", data: 1n }), { s: 1 }));
    const posted = { s: 1, a: 1, t: "event", name: "posted", data: 1n, q: 1 };
    expect(msgpack.read(await socket.receive())).toEqual(posted);
    socket.send(msgpack.stamp(msgpack.write({ t: "event", name: "post", data: 1n }), { s: 1 }));
    expect(JSON.parse(String(await socket.receive()))).toEqual({ t: "ack", a: 1 });
    socket.send(Uint8Array.of(0xc1));
    expect(await socket.closed).toMatchObject({ code: 4400 });
  });
});

describe("the peers use JSON", () => {
  test.each([
    ["when the server does not have MessagePack", [], msgpack],
    ["when the client does not have MessagePack", [msgpack], undefined],
  ])("%s", async (_, codecs, codec) => {
    const { connectClient, received } = createValueServer(codecs);
    const client = connectClient(codec);
    const posted = client.nextPosted();
    client.send("post", { sent: "before", at: new Date(0) });
    await client.opened();
    expect(await posted).toEqual({ sent: "before", at: "1970-01-01T00:00:00.000Z" });
    expect(received).toHaveLength(1);
    client.close();
  });

  test("and write values that JSON cannot represent as JSON does", async () => {
    const { connectClient } = createValueServer([]);
    const client = connectClient(msgpack);
    const posted = client.nextPosted();
    client.send("post", { large: 2n ** 70n, set: new Set([1]) });
    expect(await posted).toEqual({ large: String(2n ** 70n), set: {} });
    client.close();
  });
});

describe("a room with members of both codecs", () => {
  test("writes a message once for each codec", async () => {
    const counting = countWrites(msgpack);
    const { connectClient, room } = createValueServer([counting]);
    const clients = [connectClient(msgpack), connectClient(msgpack), connectClient(), connectClient()];
    await Promise.all(clients.map((client) => client.opened()));
    const posted = clients.map((client) => client.nextPosted());
    room.send("posted", { at: new Date(0) });
    expect(counting.written).toBe(1);
    const [first, second, third] = await Promise.all(posted);
    expect([first, second]).toEqual([{ at: new Date(0) }, { at: new Date(0) }]);
    expect(third).toEqual({ at: "1970-01-01T00:00:00.000Z" });
    for (const client of clients) client.close();
  });

  test("sends each member the value as its codec writes it", async () => {
    const { connectClient, room, errors } = createValueServer([msgpack]);
    const [jsonClient, msgpackClient] = [connectClient(), connectClient(msgpack)];
    await Promise.all([jsonClient.opened(), msgpackClient.opened()]);
    const posted = Promise.all([msgpackClient.nextPosted(), jsonClient.nextPosted()]);
    room.send("posted", 1n);
    expect(await posted).toEqual([1n, "1"]);
    expect(() => room.send("posted", () => {})).toThrow("a function cannot be sent");
    expect(errors).toEqual([]);
    jsonClient.close();
    msgpackClient.close();
  });
});

describe("a contract that declares MessagePack", () => {
  const Rich = z.object({
    at: z.date(),
    map: z.map(z.string(), z.set(z.bigint())),
    bytes: z.instanceof(Uint8Array),
  });
  const files = contract("/files", {
    codec: msgpack,
    client: { post: Rich, watch: stream({ input: z.date(), upload: z.bigint(), output: z.date() }) },
    server: { posted: Rich },
  });
  const sent = { at: new Date(5), map: new Map([["a", new Set([1n])]]), bytes: Uint8Array.of(1, 2) };

  /** An app that serves it, without an option of its own. */
  function createFilesApp() {
    const app = createApp();
    const service = app.implement(files, (peer, { room }) => {
      room("all").join(peer);
      return {
        post: (data, call) => void call.room("all").send("posted", data),
        watch: async function* (at, { upload }) {
          for await (const ms of upload) yield new Date(at.getTime() + Number(ms));
        },
      };
    });
    return { app, service };
  }

  test("is written in it by both peers, without an option of either", async () => {
    const { app, service } = createFilesApp();
    const net = testNetwork(app);
    const client = connect(files, { url: "ws://test", WebSocket: net.WebSocket });
    const posted: unknown[] = [];
    client.on("posted", (data) => void posted.push(data));
    await client.send("post", sent);
    await service.room("all").send("posted", { ...sent, at: new Date(6) });
    const items: Date[] = [];
    for await (const item of client.stream("watch", new Date(1), { upload: [1n, 2n] })) items.push(item);
    expect(items).toEqual([new Date(2), new Date(3)]);
    expect(posted).toEqual([sent, { ...sent, at: new Date(6) }]);
    client.close();
  });

  test("is written in it below a prefix, and whatever the app prefers", async () => {
    const other: FrameCodec = { ...jsonFrames, protocol: "symbolon.v1.other" };
    const outer = createApp({ codecs: [other] });
    outer.mount("/v1", createFilesApp().app);
    const { WebSocket } = testNetwork(outer);
    const offered = [other.protocol, msgpack.protocol, jsonFrames.protocol];
    const socket = new WebSocket("ws://test/v1/files", offered);
    await new Promise((resolve) => (socket.onopen = resolve));
    expect(socket.protocol).toBe(msgpack.protocol);
    socket.close();
  });

  test("is JSON for a client of another make, in rooms too", async () => {
    const { app, service } = createFilesApp();
    const socket = await testNetwork(app).connect("/files");
    service.room("all").send("posted", sent);
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({
      name: "posted",
      data: { at: "1970-01-01T00:00:00.005Z" },
    });
    socket.close();
  });
});

describe("a contract that was cast past the types sends a Date through JSON", () => {
  const Moment = z.date() as unknown as z.ZodString;
  const calendar = contract("/calendar", {
    client: {
      add: z.object({ at: Moment }),
      find: request({ input: Moment, output: z.string() }),
      watch: stream({ input: Moment, upload: z.string(), output: z.string() }),
      upload: stream({ input: z.string(), upload: Moment, output: z.string() }),
    },
    server: { next: request({ input: z.string(), output: Moment }) },
  });
  const moment = new Date(0) as unknown as string;
  const reason =
    "Invalid input: expected date, received string (JSON carries no Date: give the contract codec: msgpack)";

  test("an event, a request and a stream fail with an issue that names the lost type and the codec", async () => {
    const app = createApp();
    app.implement(calendar, (peer) => ({
      add: () => expect.unreachable("the input is invalid"),
      find: () => expect.unreachable("the input is invalid"),
      watch: () => expect.unreachable("the input is invalid"),
      upload: async function* (_, { upload }) {
        yield await peer.request("next", "a").catch((error: Error) => error.message);
        for await (const item of upload) yield item;
      },
    }));
    const client = connect(calendar, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    client.handle("next", () => moment);
    await expect(client.send("add", { at: moment })).rejects.toThrow(`at: ${reason}`);
    await expect(client.request("find", moment)).rejects.toThrow(reason);
    await expect(client.stream("watch", moment, { upload: [] }).next()).rejects.toThrow(reason);
    const items = client.stream("upload", "a", { upload: [moment] });
    expect(await items.next()).toEqual({ done: false, value: reason });
    await expect(items.next()).rejects.toThrow(reason);
    client.close();
  });
});
