// V8, V9, S35: what a hostile server can do to a client in Node; with real sockets.
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { welcome } from "./fakes.ts";
import { slow } from "../../../../test/time-limits.ts";
import { flood, startClient, startHostileServer } from "./hostile-servers.ts";
import { startServer, undoAll, until, watchCrashes } from "./servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);
afterEach(() => void vi.restoreAllMocks());

const padding = "x".repeat(1_000);

// S35
describe("while a listener is busy, a flood", slow, () => {
  test.each<[string, (n: number) => string, member?: string]>([
    ["of rooms", (n) => `{"t":"room","room":"${n}","ep":"e","off":1}`, "rooms"],
    [
      "of messages of a room",
      (n) => `{"t":"said","room":"tea","o":${n},"p":${n - 1},"name":"posted","data":"${padding}"}`,
    ],
    ["of gaps", (n) => `{"t":"gap","room":"tea","from":${n},"to":${n},"why":"trimmed"}`],
    ["of volatile events", () => `{"t":"event","name":"posted","data":"${padding}"}`],
    ["of events with errors", (n) => `{"t":"event","name":"nothing","q":${n}}`],
  ])("%s ends the client with 4400", async (_, frameOf, member = "messages") => {
    const reason = `server sent more than inbox.${member} allows`;
    let sent: Promise<number> = Promise.resolve(0);
    const { url } = await startHostileServer((socket) => {
      socket.send('{"t":"room","room":"tea","ep":"e","off":0}');
      socket.send('{"t":"event","name":"posted"}');
      sent = flood(socket, frameOf);
    });
    const started = startClient(url);
    started.client.on("posted", () => new Promise(() => {}));
    expect(await started.client.closed).toMatchObject({ code: 4400, reason });
    expect(started.client.status.value).toMatchObject({ state: "closed", error: { code: 4400, reason } });
    await expect(started.client.send("post", 1)).rejects.toMatchObject({ code: 4400, reason });
    expect(await sent).toBeLessThan(200_000);
  });
});

describe("a flood of frames that the client does not keep", slow, () => {
  test.each<[string, (n: number) => string]>([
    ["messages of a room", (n) => `{"t":"said","room":"tea","o":${n},"p":${n - 1},"name":"posted","data":1}`],
    [
      "messages of other rooms",
      (n) => `{"t":"said","room":"${n}","o":${n},"p":${n - 1},"name":"posted","data":1}`,
    ],
    ["gaps", (n) => `{"t":"gap","room":"tea","from":${n},"to":${n},"why":"trimmed"}`],
    ["skipped messages", (n) => `{"t":"skip","room":"tea","o":${n},"p":${n - 1}}`],
    ["acknowledgements", () => '{"t":"ack","a":1}'],
    ["pings", (n) => `{"t":"ping","n":${n}}`],
    ["pongs", (n) => `{"t":"pong","n":${n}}`],
    ["repeated events", () => '{"s":1,"t":"event","name":"posted","data":1}'],
    ["replies to no request", (n) => `{"s":${n},"t":"reply","re":${n + 10},"data":1}`],
    ["items of no stream", (n) => `{"s":${n},"t":"next","re":${n + 10},"data":1}`],
    ["errors of no event", (n) => `{"s":${n},"t":"error","re":${n + 10},"code":"NO","message":"no"}`],
    ["credit for no stream", (n) => `{"s":${n},"t":"credit","q":${n + 10},"n":1,"b":1}`],
    ["requests for a token", () => '{"t":"reauth","by":60000}'],
  ])("%s leaves it usable", async (_, frameOf) => {
    let last = 0;
    const { url } = await startHostileServer(async (socket) => {
      socket.send('{"t":"room","room":"tea","ep":"e","off":0}');
      // The client's event, which it can acknowledge from then on.
      await once(socket, "message");
      last = await flood(socket, frameOf, 30_000);
      socket.on("message", (data: Buffer) => {
        const { t, q } = JSON.parse(String(data)) as { readonly t: string; readonly q: number };
        const s = frameOf(1) === frameOf(2) ? 2 : last + 1;
        const isSequenced = frameOf(1).startsWith('{"s"');
        if (t === "request") socket.send(`{"s":${isSequenced ? s : 1},"t":"reply","re":${q},"data":7}`);
      });
    });
    const { client, statuses } = startClient(url);
    client.send("post", 1).catch(() => {});
    await until(() => last === 30_000);
    expect(await client.request("ask", 1)).toBe(7);
    expect(statuses.map(({ state }) => state)).toEqual(["connecting", "open"]);
  });

  test("invalid frames end it with 4400", async () => {
    for (const frame of [
      "{",
      "[]",
      '{"t":"what"}',
      '{"t":"hello"}',
      welcome({ state: "reset" }),
      '{"t":"room","room":7}',
    ]) {
      const { url, sockets } = await startHostileServer((socket) => flood(socket, () => frame, 1_000));
      expect(await startClient(url).client.closed).toMatchObject({ code: 4400 });
      expect(sockets).toHaveLength(1);
    }
  });
});

describe("what has no credit", slow, () => {
  test("more items than the credit of a stream end the client with 4429", async () => {
    const { url } = await startHostileServer((socket) => {
      socket.on("message", (data: Buffer) => {
        const { t, q } = JSON.parse(String(data)) as { readonly t: string; readonly q: number };
        if (t === "stream") void flood(socket, (n) => `{"s":${n},"t":"next","re":${q},"data":"${padding}"}`);
      });
    });
    const started = startClient(url);
    const items = started.client.stream("list", 1);
    await items.next();
    expect(await started.client.closed).toMatchObject({ code: 4429 });
  });

  test("more events than its credit end the client with 4429", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"event","name":"posted","data":1}`),
    );
    const started = startClient(url);
    started.client.on("posted", () => new Promise(() => {}));
    expect(await started.client.closed).toMatchObject({ code: 4429 });
  });

  test("more open requests than 64 end the client with 4429", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"request","q":${n},"name":"guess","data":1}`),
    );
    const started = startClient(url);
    started.client.handle("guess", () => new Promise<number>(() => {}));
    expect(await started.client.closed).toMatchObject({ code: 4429 });
  });

  test("answers that the server does not acknowledge end the client, and not its memory", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"request","q":${n},"name":"none","data":1}`),
    );
    const started = startClient(url);
    expect(await started.client.closed).toMatchObject({ code: 4429 });
    expect(started.client.bufferedAmount).toBe(0);
  });
});

test("a server that does not read gets no more than the client's send buffer", slow, async () => {
  const frames = Array.from({ length: 1_000 }, (_, n) => `{"t":"ping","n":${n + 1}}`);
  let flooded = false;
  const { url } = await startHostileServer(async (socket) => {
    socket.pause();
    for (let times = 0; times < 400 && socket.readyState === 1; times += 1) {
      await flood(socket, (n) => frames[n - 1] ?? "", 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    flooded = true;
  });
  const sockets: WebSocket[] = [];
  class Recorded extends WebSocket {
    constructor(address: string, protocols?: string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  startClient(url, { WebSocket: Recorded });
  await until(() => flooded);
  expect(sockets[0]?.bufferedAmount).toBeLessThan(2 ** 20 + 100);
});

describe("a server that moves the client without end", slow, () => {
  test.each([
    // The floor of wires that die young: 0.5, 1, 2, 4 s. The test is over before the fifth dial.
    ["gets one dial soon, and few after it", 0, 2, 5],
    ["gets no dial for a time that no timer has", 2 ** 53 - 1, 1, 1],
  ])("%s", async (_, at, dials, most) => {
    const { url, sockets } = await startHostileServer((socket) =>
      socket.send(JSON.stringify({ t: "goaway", at })),
    );
    const { client } = startClient(url);
    await client.opened;
    await until(() => sockets.length === dials);
    for (let n = 0; n < 100; n += 1) await client.request("ask", n, { timeout: 1 }).catch(() => {});
    expect(sockets.length).toBeLessThanOrEqual(most);
    expect(client.status.value.state).toBe("open");
  });
});

// S35
describe("a terminal code", slow, () => {
  test.each([1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4404, 4900])(
    "%d stops the dials",
    async (code) => {
      const { url, sockets } = await startHostileServer((socket) => socket.close(code, "go"));
      expect(await startClient(url).client.closed).toMatchObject({ code });
      expect(sockets).toHaveLength(1);
    },
  );

  test("4401 is retried once", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { server, url, sockets } = await startServer({ handleProtocols: () => "symbolon.v1.json" });
    server.on("connection", (socket) => socket.close(4401, "who?"));
    expect(await startClient(url).client.closed).toMatchObject({ code: 4401 });
    expect(sockets).toHaveLength(2);
  });
});
