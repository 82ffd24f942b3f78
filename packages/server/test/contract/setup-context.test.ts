import { contract } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { openSession, receiveFrame } from "../session/connect-session.ts";

const chat = contract("/chat", { client: { post: z.string() }, server: { posted: z.string() } });

/** A room as a caller without types has it. */
interface UntypedRoom {
  readonly send: (name: string, data: unknown) => void;
}

const noSend = new TypeError(
  "the setup's room has no send: send by call.room(name).send in a handler, and by service.room(name).send elsewhere",
);

test("the service in a setup's context is the one that implement returned", async () => {
  const services: unknown[] = [];
  const app = createApp();
  const service = app.implement(chat, (_peer, context) => {
    services.push(context.service);
    return { post: () => {} };
  });
  const net = testNetwork(app);
  await using _plain = await net.connect("/chat");
  await using _session = await openSession(net, "/chat");
  expect(services).toHaveLength(2);
  for (const each of services) expect(each).toBe(service);
});

test("the service sends to a room before and after the yield", async () => {
  const app = createApp();
  app.implement(chat, function* (peer, { room, service }) {
    service.room("all").send("posted", "opened");
    room("all").join(peer);
    yield { post: () => {} };
    service.room("all").send("posted", "closed");
  });
  const net = testNetwork(app);
  await using ada = await net.connect("/chat");
  const bob = await net.connect("/chat");
  expect(await receiveFrame(ada)).toEqual({ t: "event", name: "posted", data: "opened" });
  bob.close();
  expect(await receiveFrame(ada)).toEqual({ t: "event", name: "posted", data: "closed" });
});

test("the room of a setup has the members, and changes them", async () => {
  const log: unknown[] = [];
  const app = createApp();
  const service = app.implement(chat, (peer, { room }) => {
    const all = room("all");
    all.subscribe(({ type }) => log.push(type));
    all.join(peer);
    log.push(all.name, all.size, all.members[0] === peer, service.room("all").size);
    all.leave(peer);
    log.push(all.size);
    return { post: () => {} };
  });
  await using _ada = await testNetwork(app).connect("/chat");
  expect(log).toEqual(["joined", "all", 1, true, 1, "left", 0]);
});

test("the send of a setup's room is a TypeError in a handler that has no types", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.implement(chat, (_peer, { room }) => ({
    post: (text) => (room("all") as unknown as UntypedRoom).send("posted", text),
  }));
  await using ada = await testNetwork(app).connect("/chat");
  ada.send({ t: "event", name: "post", data: "hello", q: 1 });
  expect(await receiveFrame(ada)).toMatchObject({ t: "error", re: 1, code: "INTERNAL" });
  expect(onError).toHaveBeenCalledExactlyOnceWith(noSend, expect.anything());
});

test("the send of a setup's room is a TypeError in a setup that has no types", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.implement(chat, (_peer, { room }) => {
    (room("all") as unknown as UntypedRoom).send("posted", "hello");
    return { post: () => {} };
  });
  await expect(testNetwork(app).connect("/chat")).rejects.toMatchObject({ response: { status: 500 } });
  expect(onError).toHaveBeenCalledExactlyOnceWith(noSend, expect.anything());
});
