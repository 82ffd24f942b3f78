import { once } from "node:events";
import { contract } from "@symbolon/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connect } from "../src/index.ts";
import { fakeSockets, pass } from "./connection/fakes.ts";
import { startServer, undoAll } from "./connection/servers.ts";

const chat = contract("/chat/:room", { client: {}, server: {} });
const plain = contract("/c", { client: {}, server: {} });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The url that a client dials. */
async function dialed(url: string | URL, query?: Record<string, string>): Promise<string> {
  const { last, WebSocket } = fakeSockets();
  const client = connect(plain, { url, WebSocket, ...(query && { query }) });
  client.opened.catch(() => {});
  await pass();
  client.close();
  return last().url;
}

describe("the address of a contract", () => {
  test.each([
    ["http://h", "ws://h/c"],
    ["wss://h/", "wss://h/c"],
    ["http://h/?v=2", "ws://h/c?v=2"],
    ["https://h/app/?v=2#top", "wss://h/app/c?v=2"],
    ["HTTP://H//", "ws://h/c"],
    ["ws://h?", "ws://h/c?"],
  ])("at %s is %s: the contract's path comes after the path of the server", async (url, expected) => {
    expect((await dialed(url)).replace(/\?$/, "")).toBe(expected.replace(/\?$/, ""));
    expect((await dialed(new URL(url))).replace(/\?$/, "")).toBe(expected.replace(/\?$/, ""));
  });

  test("has the query of the server and that of the contract", async () => {
    expect(await dialed("http://h/?v=2", { name: "a b" })).toBe("ws://h/c?name=a%20b&v=2");
  });

  test.each([undefined, null, "", "/", "example.com", "localhost:3000", "//h", "ftp://h", "http://", 12])(
    "cannot be made of %j: connect throws",
    (url) => {
      expect(() => connect(plain, { url } as never)).toThrow(TypeError);
      expect(() => connect(chat, { url, params: () => ({ room: "tea" }) } as never)).toThrow(TypeError);
    },
  );

  test("that is missing is named by the error", () => {
    expect(() => connect(plain, {} as never)).toThrow(
      'url must be like "https://example.com", not "undefined"',
    );
  });
});

describe("values that are functions", () => {
  test("are called at each dial", async () => {
    const { made, last, WebSocket } = fakeSockets();
    let count = 0;
    const client = connect(chat, {
      url: async () => `ws://h${(count += 1)}`,
      params: () => ({ room: `r${count}` }),
      query: async () => ({ n: String(count) }),
      WebSocket,
    });
    client.opened.catch(() => {});
    expect(count).toBe(0);
    await pass();
    last().emitClose();
    await pass(501);
    expect(made.map(({ url }) => url)).toEqual(["ws://h1/chat/r1?n=1", "ws://h2/chat/r2?n=2"]);
    client.close();
  });

  test.each(["ws://example.com/?token=1", "no address"])(
    "that return %s end the client: every dial would fail",
    async (url) => {
      const { made, WebSocket } = fakeSockets();
      const client = connect(plain, { url: () => url, WebSocket });
      const { opened } = client;
      opened.catch(() => {});
      await pass();
      await expect(opened).rejects.toMatchObject({ code: 4400 });
      expect(made).toEqual([]);
    },
  );

  test("that reject are a failed attempt", async () => {
    const { made, WebSocket } = fakeSockets();
    let calls = 0;
    const client = connect(plain, {
      url: () => ((calls += 1) === 1 ? Promise.reject(new Error("offline")) : "ws://h"),
      WebSocket,
    });
    client.opened.catch(() => {});
    await pass();
    expect(client.status.value).toMatchObject({ state: "waiting", error: { reason: "offline" } });
    await pass(251);
    expect(made).toHaveLength(1);
    client.close();
  });
});

test.each([{ "x-key": "1" }, () => ({ "x-key": "1" })])(
  "in Node the handshake has the headers",
  async (headers) => {
    vi.useRealTimers();
    const { server, url } = await startServer();
    const connected = once(server, "connection");
    const client = connect(plain, { url, headers });
    client.opened.catch(() => {});
    const [, request] = (await connected) as [unknown, { headers: Record<string, string> }];
    expect(request.headers["x-key"]).toBe("1");
    client.close();
    await undoAll();
  },
);
