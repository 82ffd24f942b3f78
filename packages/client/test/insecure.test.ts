// S35: no credential leaves this device without TLS.
import { contract } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../test/time-limits.ts";
import { connect, openSocket } from "../src/index.ts";
import { fakeSockets } from "./connection/fakes.ts";

afterEach(() => void vi.unstubAllGlobals());

const refusal = new TypeError("use wss:, or allowInsecure");
const { WebSocket } = fakeSockets();

/** Whether a client can be made; closes it. */
const isAccepted = (make: () => { readonly close: () => void }): boolean => {
  make().close();
  return true;
};

/** Addresses of this device, and addresses with TLS. */
const secure = [
  "wss://example.com",
  "https://example.com",
  "WSS://example.com",
  "ws://localhost",
  "ws://localhost:3000",
  "http://LOCALHOST:3000",
  "ws://127.0.0.1:3000",
  "ws://127.8.9.1",
  "ws://[::1]:3000",
];
/** Addresses of other devices, some of which look like this one. */
const insecure = [
  "ws://example.com",
  "http://example.com",
  "WS://example.com",
  "ws://192.168.1.5:3000",
  "ws://localhost.example.com",
  "ws://localhost:1@example.com",
  "ws://127.0.0.1@example.com",
  "ws://127.0.0.1.example.com",
  "ws://127example.com",
  "ws://[::2]",
  "ws://example.com#localhost",
];
/** Paths that have a credential in a parameter. */
const withCredential = [
  "/?token=1",
  "/?access_token=1",
  "/?room=tea&Ticket=1",
  "?apiKey=1",
  "/a/b?auth=1",
  "?password=",
];
/** Paths that have none. */
const withoutCredential = ["", "/", "/token", "/?room=token", "/?room=tea&tokens=3", "/?author=ada", "/@ada"];

describe("openSocket", () => {
  test.each(insecure)("refuses a credential for %s", (origin) => {
    for (const path of withCredential)
      expect(() => openSocket(new URL(`${origin}${path}`), { WebSocket })).toThrow(refusal);
    expect(() => openSocket(`${origin}/?token=1`, { WebSocket })).toThrow(refusal);
  });

  test.each(secure)("sends a credential to %s", (origin) => {
    for (const path of withCredential)
      expect(isAccepted(() => openSocket(`${origin}${path}`, { WebSocket }))).toBe(true);
  });

  test("refuses the user of an address", () => {
    expect(() => openSocket("ws://ada:secret@example.com/", { WebSocket })).toThrow(refusal);
    expect(
      isAccepted(() => openSocket("ws://ada:secret@example.com/", { WebSocket, allowInsecure: true })),
    ).toBe(true);
    expect(isAccepted(() => openSocket("wss://ada:secret@example.com/", { WebSocket }))).toBe(true);
  });

  test("needs no TLS without a credential, or with allowInsecure", () => {
    for (const path of withoutCredential)
      expect(isAccepted(() => openSocket(`ws://example.com${path}`, { WebSocket }))).toBe(true);
    for (const path of withCredential)
      expect(
        isAccepted(() => openSocket(`ws://example.com${path}`, { WebSocket, allowInsecure: true })),
      ).toBe(true);
  });

  test.each([() => "ws://example.com/?ticket=1", async () => "ws://example.com/?ticket=1"])(
    "does not dial an address that a function returns, and closes: %s",
    async (url) => {
      const { WebSocket, made } = fakeSockets();
      const socket = openSocket(url, { WebSocket });
      expect(await socket.closed).toMatchObject({ code: 4400, reason: refusal.message });
      await new Promise((resolve) => setImmediate(resolve));
      expect(made).toEqual([]);
    },
  );

  test("dials an address that a function returns with TLS, to this device or with allowInsecure", async () => {
    for (const [url, allowInsecure] of [
      ["wss://example.com/?ticket=1", false],
      ["ws://localhost/?ticket=1", false],
      ["ws://example.com/?ticket=1", true],
    ] as const) {
      const { WebSocket, made } = fakeSockets();
      const socket = openSocket(() => url, { WebSocket, allowInsecure });
      await vi.waitFor(() => expect(made).toMatchObject([{ url }]), waitOptions);
      socket.close();
    }
  });

  test("needs TLS on a page that was loaded by https, unless the address is of this device", () => {
    vi.stubGlobal("location", { protocol: "https:" });
    expect(() => openSocket("ws://example.com/", { WebSocket })).toThrow(refusal);
    expect(isAccepted(() => openSocket("ws://example.com/", { WebSocket, allowInsecure: true }))).toBe(true);
    for (const origin of secure) expect(isAccepted(() => openSocket(origin, { WebSocket }))).toBe(true);
    vi.stubGlobal("location", { protocol: "http:" });
    expect(isAccepted(() => openSocket("ws://example.com/", { WebSocket }))).toBe(true);
  });
});

describe("connect", () => {
  const chat = contract("/chat", {});
  const getToken = (): string => "secret";

  test.each(insecure)("refuses getToken for %s", (url) => {
    expect(() => connect(chat, { url, WebSocket, getToken })).toThrow(refusal);
    expect(isAccepted(() => connect(chat, { url, WebSocket, getToken, allowInsecure: true }))).toBe(true);
    expect(() => connect(chat, { url, WebSocket, getToken, allowInsecure: false })).toThrow(refusal);
  });

  test.each(secure)("sends what getToken returns to %s", (url) => {
    expect(isAccepted(() => connect(chat, { url, WebSocket, getToken }))).toBe(true);
  });

  test("refuses parameters of the path and of the query that carry a credential", () => {
    const url = "ws://example.com";
    const byPath = contract("/invite/:inviteToken", {});
    const byQuery = contract("/chat", { query: z.object({ ticket: z.string() }) });
    expect(() => connect(byPath, { url, WebSocket, params: { inviteToken: "1" } })).toThrow(refusal);
    expect(() => connect(byQuery, { url, WebSocket, query: { ticket: "1" } })).toThrow(refusal);
    const room = contract("/chat/:room", {});
    expect(isAccepted(() => connect(room, { url, WebSocket, params: { room: "token" } }))).toBe(true);
  });

  test("needs TLS on a page that was loaded by https", () => {
    vi.stubGlobal("location", { protocol: "https:" });
    expect(() => connect(chat, { url: "ws://example.com", WebSocket })).toThrow(refusal);
    expect(isAccepted(() => connect(chat, { url: "ws://localhost:3000", WebSocket }))).toBe(true);
  });

  test("needs no TLS without a credential", () => {
    expect(isAccepted(() => connect(chat, { url: "ws://example.com", WebSocket }))).toBe(true);
  });
});
