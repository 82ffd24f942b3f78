import { contract } from "@symbolon/protocol";
import { createApp, identity } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, type ConnectionStatus } from "../src/index.ts";
import { pass } from "./connection/fakes.ts";

const note = contract("/note", { client: { say: z.string() }, server: { told: z.string() } });

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A client whose token `name` is good for 100 s, and what became of it. */
async function signedIn(getToken: () => string | Promise<string>) {
  const clock = new Clock();
  const app = createApp({ clock, heartbeat: { interval: 1e9, timeout: 1 } });
  const judged: (string | undefined)[] = [];
  const heard: string[] = [];
  const members = app.use(({ token }) => {
    judged.push(token);
    if (token === "none") return new Response("who are you?", { status: 401 });
    return identity({ principal: token?.split(" ")[0] ?? "", expiresAt: clock.date + 100_000 });
  });
  members.implement(note, () => ({ say: (text) => void heard.push(text) }));
  const net = testNetwork(app);
  const client = connect(note, { url: "ws://test", WebSocket: net.WebSocket, getToken });
  const statuses: ConnectionStatus[] = [];
  client.status.subscribe((status) => statuses.push(status));
  void client.opened;
  await pass();
  expect(client.status.value.state).toBe("open");
  statuses.length = 0;
  return { app, clock, net, client, judged, heard, statuses };
}

describe("a credential that ends", () => {
  test("is followed by a fresh one on the same connection", async () => {
    let count = 0;
    const { clock, client, judged, statuses } = await signedIn(() => `ada ${(count += 1)}`);
    for (let turn = 0; turn < 3; turn += 1) {
      clock.advance(80_000);
      await pass();
    }
    expect(judged).toEqual(["ada 1", "ada 2", "ada 3", "ada 4"]);
    expect(statuses).toEqual([]);
    client.close();
  });

  test("and cannot be had anew is asked for again when the server has closed, and the session goes on", async () => {
    const getToken = vi.fn<() => Promise<string>>(async () => "ada");
    const { clock, client, judged, heard, statuses } = await signedIn(getToken);
    getToken.mockRejectedValueOnce(new Error("no token today"));
    clock.advance(80_000);
    await pass();
    clock.advance(25_000);
    client.send("say", "meanwhile");
    await pass();
    expect(statuses).toMatchObject([{ state: "waiting", error: { code: 4401 } }]);
    await pass(251);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: true });
    expect([judged, heard]).toEqual([["ada", "ada"], ["meanwhile"]]);
    client.close();
  });

  test("and is not given again ends the client at the second refusal", async () => {
    const tokens = ["ada", "none", "none", "ada"];
    const { clock, client, judged } = await signedIn(() => tokens.shift() ?? "");
    clock.advance(80_000);
    await pass();
    expect(client.status.value).toMatchObject({ state: "waiting", error: { code: 4401 } });
    await pass(251);
    expect(await client.closed).toMatchObject({ code: 4401, reason: "who are you?" });
    expect(judged).toEqual(["ada", "none", "none"]);
  });

  test("and becomes another's ends the client", async () => {
    const tokens = ["ada", "eve"];
    const { clock, client } = await signedIn(() => tokens.shift() ?? "");
    clock.advance(80_000);
    await pass();
    expect(await client.closed).toMatchObject({ code: 4403 });
  });
});

describe("a principal that is revoked", () => {
  test("ends the client, which does not dial again", async () => {
    const { app, client, judged } = await signedIn(() => "ada");
    app.revoke("ada");
    await pass(60_000);
    expect(await client.closed).toMatchObject({ code: 4403, reason: "revoked" });
    expect(judged).toEqual(["ada"]);
  });

  test("with 4401 has the client ask for another token, and begin a new session", async () => {
    const { app, client, judged } = await signedIn(() => "ada");
    const resets: unknown[] = [];
    client.onReset((reset) => resets.push(reset));
    app.revoke("ada", { code: 4401 });
    await pass(251);
    expect(client.status.value).toEqual({ state: "open", attempt: 0, resumed: false });
    expect([judged, resets]).toEqual([["ada", "ada"], [{ reason: "unknown" }]]);
    client.close();
  });
});
