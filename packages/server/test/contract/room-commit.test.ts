import { contract, request, RequestError } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat/:room", {
  client: { post: z.string(), ask: request({ input: z.string(), output: z.string() }) },
  server: { posted: z.string() },
});

const event = (name: string, data: string) => ({ t: "event", name, data });

/** Starts a server whose handler of `post` sends to the room as `handle` does. */
function startLobbyServer(handle: (send: (text: string) => PromiseLike<void>) => unknown) {
  const app = createApp({ onError: () => {} });
  const later = vi.fn<(text: string) => void>();
  const service = app.implement(chat, (peer, { room }) => {
    room("lobby").join(peer);
    return {
      post: (text, call) => {
        later.mockImplementation((more) => void call.room("lobby").send("posted", more));
        return handle((more) => call.room("lobby").send("posted", `${text}${more}`));
      },
      ask: async (text, call) => {
        await call.room("lobby").send("posted", text);
        return "asked";
      },
    };
  });
  return { net: testNetwork(app), service, later };
}

test("what a handler sends by call.room is sent in order when the handler has settled; its send settles before", async () => {
  const log: string[] = [];
  const { net, service } = startLobbyServer(async (send) => {
    await send("1");
    await send("2");
    log.push("settled");
  });
  const bob = await net.connect("/chat/lobby");
  bob.send(event("post", "a"));
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    event("posted", "a1"),
    event("posted", "a2"),
  ]);
  expect(log).toEqual(["settled"]);
  service.room("lobby").send("posted", "b");
  expect(await receiveFrame(bob)).toEqual(event("posted", "b"));
  bob.close();
});

test("it is dropped when the handler throws; what the handler sends later is sent at once", async () => {
  const { net, later } = startLobbyServer((send) => {
    void send("1");
    throw new RequestError("NO", "no");
  });
  const bob = await net.connect("/chat/lobby");
  bob.send({ ...event("post", "a"), q: 1 });
  expect(await receiveFrame(bob)).toMatchObject({ t: "error", re: 1, code: "NO" });
  later("after");
  expect(await receiveFrame(bob)).toEqual(event("posted", "after"));
  bob.close();
});

test("what a request handler sends is sent before its reply", async () => {
  const { net } = startLobbyServer(() => {});
  const bob = await net.connect("/chat/lobby");
  bob.send({ t: "request", q: 1, name: "ask", data: "a" });
  expect([await receiveFrame(bob), await receiveFrame(bob)]).toEqual([
    event("posted", "a"),
    { t: "reply", re: 1, data: "asked" },
  ]);
  bob.close();
});
