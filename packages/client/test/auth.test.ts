import { contract } from "@symbolon/protocol";
import { createApp, identity } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, type ConnectionStatus } from "../src/index.ts";
import { fakeSockets, pass, welcome } from "./connection/fakes.ts";

const chat = contract("/chat", { client: { post: z.string() } });

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Connects a client whose token is valid for 100 s, and records what the server and the client see. */
async function connectWithToken(getToken: () => string | Promise<string>) {
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 1e9, timeout: 1 } });
  const tokens: (string | undefined)[] = [];
  const received: string[] = [];
  const members = app.group(({ token }) => {
    tokens.push(token);
    if (token === "invalid") return new Response("invalid token", { status: 401 });
    return identity({ principal: token?.split(" ")[0] ?? "", expiresAt: clock.date + 100_000 });
  });
  members.implement(chat, () => ({ post: (text) => void received.push(text) }));
  const net = testNetwork(app);
  const client = connect(chat, { url: "wss://test", WebSocket: net.WebSocket, getToken });
  const statuses: ConnectionStatus[] = [];
  client.status.subscribe((status) => statuses.push(status));
  void client.opened;
  await pass();
  expect(client.status.value.state).toBe("open");
  statuses.length = 0;
  return { app, clock, net, client, tokens, received, statuses };
}

describe("when a credential expires", () => {
  test("the client sends a new one on the same connection", async () => {
    let count = 0;
    const { clock, client, tokens, statuses } = await connectWithToken(() => `ada ${(count += 1)}`);
    for (let n = 0; n < 3; n += 1) {
      clock.advance(80_000);
      await pass();
    }
    expect(tokens).toEqual(["ada 1", "ada 2", "ada 3", "ada 4"]);
    expect(statuses).toEqual([]);
    client.close();
  });

  test("and getToken fails, the client calls it again after the server closed, and the session resumes", async () => {
    const getToken = vi.fn<() => Promise<string>>(async () => "ada");
    const { clock, client, tokens, received, statuses } = await connectWithToken(getToken);
    getToken.mockRejectedValueOnce(new Error("no token today"));
    clock.advance(80_000);
    await pass();
    clock.advance(25_000);
    client.send("post", "meanwhile");
    await pass();
    expect(statuses).toMatchObject([{ state: "waiting", error: { code: 4401 } }]);
    await pass(751);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    expect([tokens, received]).toEqual([["ada", "ada"], ["meanwhile"]]);
    client.close();
  });

  test("and the server refuses the next token twice, the client ends", async () => {
    const nextTokens = ["ada", "invalid", "invalid", "ada"];
    const { clock, client, tokens } = await connectWithToken(() => nextTokens.shift() ?? "");
    clock.advance(80_000);
    await pass();
    expect(client.status.value).toMatchObject({ state: "waiting", error: { code: 4401 } });
    await pass(751);
    expect(await client.closed).toMatchObject({ code: 4401, reason: "invalid token" });
    expect(tokens).toEqual(["ada", "invalid", "invalid"]);
  });

  test("and the next token has another principal, the client ends", async () => {
    const nextTokens = ["ada", "eve"];
    const { clock, client } = await connectWithToken(() => nextTokens.shift() ?? "");
    clock.advance(80_000);
    await pass();
    expect(await client.closed).toMatchObject({ code: 4403 });
  });
});

describe("when a principal is revoked", () => {
  test("the client ends and does not connect again", async () => {
    const { app, client, tokens } = await connectWithToken(() => "ada");
    app.revoke("ada");
    await pass(60_000);
    expect(await client.closed).toMatchObject({ code: 4403, reason: "revoked" });
    expect(tokens).toEqual(["ada"]);
  });

  test("with 4401, the client asks for another token and begins a new session", async () => {
    const { app, client, tokens } = await connectWithToken(() => "ada");
    const resets: unknown[] = [];
    client.onReset((reset) => resets.push(reset));
    app.revoke("ada", { code: 4401 });
    await pass(751);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
    expect([tokens, resets]).toEqual([["ada", "ada"], [{ reason: "unknown" }]]);
    client.close();
  });
});

describe("a getToken that never settles", () => {
  /** A client over fake sockets. */
  function startClient(getToken: () => string | Promise<string>) {
    const sockets = fakeSockets();
    const client = connect(chat, { url: "wss://test", WebSocket: sockets.WebSocket, getToken });
    return { ...sockets, client };
  }
  const never = new Promise<string>(() => {});

  // L6
  test("is a failed try after fifteen seconds, and the next try calls it again", async () => {
    const getToken = vi.fn<() => string | Promise<string>>(() => "ada").mockReturnValueOnce(never);
    const { client, last, made } = startClient(getToken);
    const states: string[] = [];
    client.status.subscribe(({ state }) => states.push(state));
    client.opened.catch(() => {});
    await pass(14_999);
    expect(client.status.value).toMatchObject({ state: "connecting", attempt: 0 });
    await pass(2);
    expect(client.status.value).toMatchObject({ state: "waiting", attempt: 1, error: { code: 1006 } });
    await pass(751);
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(made).toHaveLength(1);
    last().emitOpen();
    expect(JSON.parse(String(last().sent[0]))).toMatchObject({ t: "hello", auth: "ada" });
    last().emitMessage(welcome());
    expect(states).toEqual(["connecting", "waiting", "connecting", "open"]);
    client.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is called once, however often the server asks for a new token on a wire", async () => {
    const getToken = vi.fn<() => string | Promise<string>>(() => "ada");
    const { client, last } = startClient(getToken);
    void client.opened;
    await pass();
    last().emitOpen();
    last().emitMessage(welcome());
    getToken.mockReturnValue(never);
    for (let n = 1; n <= 1_000; n += 1) last().emitMessage('{"t":"reauth","by":60000}');
    await pass();
    expect(getToken).toHaveBeenCalledTimes(2);
    getToken.mockReturnValue("ada");
    last().emitClose(4401);
    await pass(751);
    last().emitOpen();
    last().emitMessage(welcome({ state: "resumed" }));
    for (let asked = 1; asked <= 2; asked += 1) {
      last().sent.length = 0;
      last().emitMessage('{"t":"reauth","by":60000}');
      await pass();
      expect(last().sent).toEqual(['{"t":"auth","token":"ada"}']);
    }
    client.close();
  });

  test("is no reason to send the same token again to a server that does not read", async () => {
    const { client, last } = startClient(() => "ada");
    void client.opened;
    await pass();
    last().emitOpen();
    last().emitMessage(welcome());
    last().sent.length = 0;
    last().bufferedAmount = 2 ** 20;
    for (let n = 1; n <= 1_000; n += 1) {
      last().emitMessage('{"t":"reauth","by":60000}');
      await pass(0);
    }
    expect(last().sent).toEqual([]);
    last().bufferedAmount = 0;
    await pass(100);
    expect(last().sent).toEqual(['{"t":"auth","token":"ada"}']);
    client.close();
  });
});
