// V8, V9, S35: what a hostile server can do to a client in Node; with real sockets.
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { contract, request, stream } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { WebSocket } from "ws";
import { z } from "zod";
import { connect, type ConnectOptions, type ConnectionStatus } from "../../src/index.ts";
import { welcome } from "./fakes.ts";
import {
  listenOnAnyPort,
  startServer,
  startTcpServer,
  undo,
  undoAll,
  until,
  urlOf,
  watchCrashes,
} from "./servers.ts";
import { testCertificate } from "./test-certificate.ts";

beforeEach(watchCrashes);
afterEach(undoAll);
afterEach(() => void vi.restoreAllMocks());

const chat = contract("/", {
  client: {
    post: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    list: stream({ input: z.number(), output: z.string() }),
  },
  server: { posted: z.unknown(), guess: request({ input: z.number(), output: z.number() }) },
});
const reason = "server sent more than the option inbox allows";

/** Connects a client, and records its status. */
function startClient(url: string, options: Partial<ConnectOptions<typeof chat>> = {}) {
  const client = connect(chat, { url, ...options });
  const statuses: ConnectionStatus[] = [];
  client.status.subscribe((status) => statuses.push(status));
  client.opened.catch(() => {});
  undo.push(() => client.close());
  return { client, statuses };
}

/** Starts a server that accepts sessions, and then does to each what `attack` does. */
async function startHostileServer(attack: (socket: WebSocket, wires: number) => unknown, port = 0) {
  const started = await startServer({ handleProtocols: () => "symbolon.v1.json", port });
  started.server.on("connection", (socket) => {
    const wires = started.sockets.length;
    socket.once("message", () => {
      socket.send(welcome(wires > 1 ? { state: "resumed" } : {}));
      void attack(socket, wires);
    });
  });
  return started;
}

/** Sends frames until the client leaves, or there are too many. Waits for the socket as a fast server does. */
async function flood(socket: WebSocket, frameOf: (n: number) => string, most = 200_000): Promise<number> {
  for (let n = 1; n <= most; n += 1) {
    if (socket.readyState !== 1) return n;
    socket.send(frameOf(n));
    if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    while (socket.bufferedAmount > 2 ** 20 && socket.readyState === 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
  return most;
}

/** Waits until the client has ended, and returns how. */
async function endOf({ client }: ReturnType<typeof startClient>) {
  return client.closed;
}

const padding = "x".repeat(1_000);

describe("while a listener is busy, a flood", () => {
  test.each<[string, (n: number) => string]>([
    ["of rooms", (n) => `{"t":"room","room":"${n}","ep":"e","off":1}`],
    [
      "of messages of a room",
      (n) => `{"t":"said","room":"tea","o":${n},"p":${n - 1},"name":"posted","data":"${padding}"}`,
    ],
    ["of gaps", (n) => `{"t":"gap","room":"tea","from":${n},"to":${n},"why":"trimmed"}`],
    ["of volatile events", () => `{"t":"event","name":"posted","data":"${padding}"}`],
    ["of events with errors", (n) => `{"t":"event","name":"nothing","q":${n}}`],
  ])("%s ends the client with 4400", async (_, frameOf) => {
    let sent: Promise<number> = Promise.resolve(0);
    const { url } = await startHostileServer((socket) => {
      socket.send('{"t":"room","room":"tea","ep":"e","off":0}');
      socket.send('{"t":"event","name":"posted"}');
      sent = flood(socket, frameOf);
    });
    const started = startClient(url);
    started.client.on("posted", () => new Promise(() => {}));
    expect(await endOf(started)).toMatchObject({ code: 4400, reason });
    expect(started.client.status.value).toMatchObject({ state: "closed", error: { code: 4400, reason } });
    await expect(started.client.send("post", 1)).rejects.toMatchObject({ code: 4400, reason });
    expect(await sent).toBeLessThan(200_000);
  });
});

describe("a flood of frames that the client does not keep", () => {
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
      expect(await endOf(startClient(url))).toMatchObject({ code: 4400 });
      expect(sockets).toHaveLength(1);
    }
  });
});

describe("what has no credit", () => {
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
    expect(await endOf(started)).toMatchObject({ code: 4429 });
  });

  test("more events than its credit end the client with 4429", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"event","name":"posted","data":1}`),
    );
    const started = startClient(url);
    started.client.on("posted", () => new Promise(() => {}));
    expect(await endOf(started)).toMatchObject({ code: 4429 });
  });

  test("more open requests than 64 end the client with 4429", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"request","q":${n},"name":"guess","data":1}`),
    );
    const started = startClient(url);
    started.client.handle("guess", () => new Promise<number>(() => {}));
    expect(await endOf(started)).toMatchObject({ code: 4429 });
  });

  test("answers that the server does not acknowledge end the client, and not its memory", async () => {
    const { url } = await startHostileServer((socket) =>
      flood(socket, (n) => `{"s":${n},"t":"request","q":${n},"name":"none","data":1}`),
    );
    const started = startClient(url);
    expect(await endOf(started)).toMatchObject({ code: 4429 });
    expect(started.client.bufferedAmount).toBe(0);
  });
});

test("a server that does not read gets no more than the client's send buffer", async () => {
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
  const { WebSocket: Class } = await import("ws");
  class Recorded extends Class {
    constructor(address: string, protocols?: string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  startClient(url, { WebSocket: Recorded });
  await until(() => flooded);
  expect(sockets[0]?.bufferedAmount).toBeLessThan(2 ** 20 + 100);
});

describe("a server that moves the client without end", () => {
  test.each([
    ["gets few dials", 0],
    ["gets no dial for a time that no timer has", 2 ** 53 - 1],
  ])("%s", async (_, at) => {
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    const { url, sockets } = await startHostileServer((socket) => {
      socket.send(JSON.stringify({ t: "goaway", at }));
      socket.on("message", () => {});
    });
    const { client } = startClient(url);
    let moved = 0;
    await until(() => client.status.value.state === "open");
    // 0.45 s, and then 0.9 s, are what the second and third moves wait at least.
    if (at === 0) await until(() => sockets.length === 3);
    const turns = at === 0 ? 300 : 1_000;
    while (moved < turns) {
      await new Promise((resolve) => setImmediate(resolve));
      moved += 1;
    }
    expect(sockets.length).toBe(at === 0 ? 3 : 1);
  });
});

describe("a terminal code", () => {
  test.each([1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4404, 4900])(
    "%d stops the dials",
    async (code) => {
      const { url, sockets } = await startHostileServer((socket) => socket.close(code, "go"));
      expect(await endOf(startClient(url))).toMatchObject({ code });
      expect(sockets).toHaveLength(1);
    },
  );

  test("4401 is retried once", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { server, url, sockets } = await startServer({ handleProtocols: () => "symbolon.v1.json" });
    server.on("connection", (socket) => socket.close(4401, "who?"));
    expect(await endOf(startClient(url))).toMatchObject({ code: 4401 });
    expect(sockets).toHaveLength(2);
  });
});

/** Starts a TCP server that answers the upgrade with 101 and these headers, and then does what `attack` does. */
async function startRawServer(attack: (socket: TcpSocket) => void, headers: readonly string[] = []) {
  return startTcpServer((socket) => {
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (.*)/i.exec(head.toString())?.[1]?.trim();
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        [
          "HTTP/1.1 101 Switching Protocols",
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Accept: ${accept}`,
          "Sec-WebSocket-Protocol: symbolon.v1.json",
          ...headers,
          "\r\n",
        ].join("\r\n"),
      );
      attack(socket);
    });
  });
}

/** The head of a WebSocket frame. */
function frameHead(first: number, length: number): Buffer {
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

describe("on the wire", () => {
  /** Why the first try of a client fails. */
  async function firstFailure(url: string) {
    const client = startClient(url);
    await until(() => client.statuses.some(({ error }) => error !== undefined));
    return client.statuses.find(({ error }) => error !== undefined)?.error;
  }

  test.each([
    ["a message of 16 MiB and one byte", frameHead(0x81, 2 ** 24 + 1), "Max payload size exceeded"],
    [
      "a message of 2^53 bytes",
      frameHead(0x81, 2 ** 53),
      "Unsupported WebSocket frame: payload length > 2^53 - 1",
    ],
    [
      "a compressed message",
      Buffer.concat([frameHead(0xc1, 10)]),
      "Invalid WebSocket frame: RSV1 must be clear",
    ],
  ])("%s fails the wire before it is read", async (_, head, failure) => {
    const { url } = await startRawServer((socket) => socket.write(head));
    expect(await firstFailure(url)).toMatchObject({ code: 1006, reason: failure });
  });

  test.each([
    "permessage-deflate",
    "permessage-deflate; server_max_window_bits=99",
    "permessage-deflate; client_max_window_bits",
  ])("%s, which the client does not offer, fails the handshake", async (extension) => {
    const bomb = deflateRawSync(Buffer.alloc(2 ** 20));
    const { url } = await startRawServer(
      (socket) => socket.write(Buffer.concat([frameHead(0xc1, bomb.length), bomb])),
      [`Sec-WebSocket-Extensions: ${extension}`],
    );
    const error = await firstFailure(url);
    expect(error).toMatchObject({ code: 1006 });
    expect(error?.reason).toMatch(/Sec-WebSocket-Extensions/);
  });

  test("fragments without an end fail the wire", async () => {
    const { url } = await startRawServer((socket) => {
      const fragments = Buffer.concat(
        Array.from({ length: 20_000 }, (_, n) => Buffer.from([n === 0 ? 0x01 : 0x00, 1, 0x61])),
      );
      socket.write(fragments);
    });
    expect(await firstFailure(url)).toMatchObject({ code: 1006, reason: "Too many message fragments" });
  });

  test("a redirect is not followed", async () => {
    let redirected = 0;
    const elsewhere = createServer().on("upgrade", (_, socket) => {
      redirected += 1;
      socket.destroy();
    });
    await listenOnAnyPort(elsewhere);
    const location = urlOf(elsewhere.address() as AddressInfo).replace("ws", "http");
    const server = createServer().on("upgrade", (_, socket) => {
      socket.on("error", () => {}).resume();
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
    });
    await listenOnAnyPort(server);
    const error = await firstFailure(urlOf(server.address() as AddressInfo));
    expect(error).toMatchObject({ code: 1006, reason: "Unexpected server response: 302" });
    expect(redirected).toBe(0);
  });

  test("a certificate that no authority has signed is refused", async () => {
    let upgrades = 0;
    const server = createTlsServer(testCertificate).on("upgrade", (_, socket) => {
      upgrades += 1;
      socket.destroy();
    });
    await listenOnAnyPort(server);
    const error = await firstFailure(urlOf(server.address() as AddressInfo).replace("ws", "wss"));
    expect(error?.cause).toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(upgrades).toBe(0);
  });
});
