import { contract, RequestError, type ServerMessages } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { Peer } from "../../src/contract/peer.ts";
import { identity } from "../../src/request/identity.ts";
import { CredentialRenewal } from "../../src/session/credential-renewal.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { connectSession, hello, openSession, receiveFrame } from "./connect-session.ts";

const board = contract("/board", { client: { wipe: z.string() }, server: { wiped: z.string() } });

/** Starts a server whose tokens are `name:role:ms`; a hook may provide more for each. */
function startBoard() {
  const clock = new Clock();
  const changes: string[] = [];
  const ends: string[] = [];
  const app = createApp({ clock, heartbeat: { interval: 1e9, timeout: 1 }, onError: () => {} });
  const service = app
    .group(function* ({ token }) {
      yield { resource: String(token) };
      ends.push(String(token));
    })
    .group(({ token = "" }) => {
      const [principal = "", role = "", ms = "1e9"] = token.split(":");
      const extra: { readonly wipes?: true } = role === "admin" ? { wipes: true } : {};
      return { role, ...extra, ...identity({ principal, expiresAt: clock.date + Number(ms) }) };
    })
    .implement(board, (peer: Peer<ServerMessages<typeof board>>, context) => {
      context.room("board").join(peer);
      peer.subscribe(({ type }) => {
        changes.push(`${type} ${context.role}`);
        if (context.role !== "admin") context.room("board").leave(peer);
      });
      return {
        wipe: () => {
          if (context.wipes !== true)
            throw new RequestError("FORBIDDEN", `${context.role} with ${context.resource}`);
          peer.send("wiped", "by an admin");
        },
      };
    });
  return { clock, changes, ends, service, net: testNetwork(app) };
}

/** Sends an event that only an admin may send, and returns the answer. */
async function wipe(socket: TestSocket, q: number): Promise<unknown> {
  socket.send({ t: "event", name: "wipe", data: "all", q });
  return receiveFrame(socket);
}

// S31
describe("what the hooks return for a new credential", () => {
  test("replaces in the setup's context what they returned before; what they yielded stays until the end", async () => {
    const { clock, changes, ends, service, net } = startBoard();
    const first = { ...hello, auth: "ada:admin:100000" };
    const socket = await openSession(net, "/board", first);
    await receiveFrame(socket); // the position in the room
    expect(await wipe(socket, 1)).toMatchObject({ t: "event", data: "by an admin" });
    clock.advance(80_000);
    expect(await receiveFrame(socket)).toMatchObject({ t: "reauth" });
    socket.send({ t: "auth", token: "ada:reader:100000" });
    await flushPromises();
    expect(changes).toEqual(["renewed reader"]);
    expect(await receiveFrame(socket)).toEqual({ t: "room", room: "board" });
    expect(await wipe(socket, 2)).toMatchObject({ t: "error", message: "reader with ada:admin:100000" });
    await service.room("board").send("wiped", "not for a reader");
    socket.close();
    await net.settled();
    expect(ends).toEqual(["ada:reader:100000", "ada:admin:100000"]);
  });

  test("is in the context when the session has resumed", async () => {
    const { changes, net } = startBoard();
    const socket = await connectSession(net, "/board", { ...hello, auth: "ada:admin" });
    const { sid, rt, ep } = (await receiveFrame(socket)) as Record<string, string>;
    socket.send({ t: "pong", n: 1 });
    await flushPromises();
    net.drop();
    await socket.closed;
    await net.settled();
    const resume = { sid, rt, ep, rx: 0, tx0: 1 };
    const back = await openSession(net, "/board", { ...hello, att: 2, auth: "ada:reader", resume });
    expect(changes).toEqual(["detached admin", "resumed reader"]);
    back.send({ s: 1, t: "event", name: "wipe", data: "all", q: 1 });
    const frames = [await receiveFrame(back), await receiveFrame(back)];
    expect(frames).toContainEqual(
      expect.objectContaining({ t: "error", code: "FORBIDDEN", message: "reader with ada:admin" }),
    );
    back.close();
  });
});

test("without a principal a credential that expires closes with 4401, and the server asks for no other", () => {
  const clock = new Clock();
  const calls: unknown[] = [];
  const renewal = new CredentialRenewal(clock, {
    owner: { principal: undefined },
    requestToken: () => calls.push("asked"),
    onRenewed: () => calls.push("renewed"),
    onRefused: ({ code, reason }) => calls.push([code, reason]),
  });
  renewal.start({ expiresAt: clock.date + 100_000, renew: () => Promise.reject(new Error("not called")) });
  clock.advance(99_999);
  expect(calls).toEqual([]);
  clock.advance(1);
  expect(calls).toEqual([[4401, "credential expired"]]);
});
