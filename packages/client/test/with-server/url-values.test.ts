import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, undoAll } from "../connection/servers.ts";

afterEach(undoAll);

const find = contract("/find/:page/:day", {
  params: z.object({ page: z.number(), day: z.date() }),
  query: z.object({
    text: z.string(),
    count: z.number(),
    big: z.bigint(),
    flag: z.boolean(),
    from: z.date().optional(),
    level: z.union([z.literal("all"), z.number()]),
    tags: z.array(z.string()).default(["default"]),
    counts: z.array(z.number()).optional(),
  }),
});

const date = fc.date({ noInvalidDate: true });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0); // no -0: JSON has none
const text = fc.string({ unit: "grapheme" });
const present = { requiredKeys: ["text", "count", "big", "flag", "level"] as const };
const query = fc.record(
  {
    text: fc.oneof(text, fc.constantFrom("5", "true", "[]", "")),
    count: number,
    big: fc.bigInt(),
    flag: fc.boolean(),
    from: date,
    level: fc.oneof(fc.constant("all" as const), number),
    tags: fc.array(fc.oneof(text, fc.constantFrom("5", "true", ""))),
    counts: fc.array(number),
  },
  { requiredKeys: [...present.requiredKeys] },
);

/** A server that gives each client the request that its handler has read. */
function startServer() {
  const read: { params: unknown; query: unknown }[] = [];
  const app = createApp();
  app.implement(find, (_peer, context) => {
    read.push({ params: context.params, query: context.query });
    return {};
  });
  return { read, net: testNetwork(app) };
}

test("what a client writes in params and query is what the handler reads", async () => {
  const { read, net } = startServer();
  await fc.assert(
    fc.asyncProperty(number, date, query, async (page, day, written) => {
      const client = connect(find, {
        url: "ws://test",
        params: { page, day },
        query: written,
        WebSocket: net.WebSocket,
      });
      undo.push(() => client.close());
      await client.opened;
      client.close();
      const expected = { tags: ["default"], ...written };
      expect(read.pop()).toEqual({ params: { page, day }, query: expected });
    }),
    { numRuns: 50 },
  );
});

test("an optional parameter may be missing, and a rest parameter has slashes", async () => {
  const read: unknown[] = [];
  const app = createApp();
  const chat = contract("/chat/:room?", {});
  const files = contract("/files/*path", {});
  app.implement(chat, (_peer, { params }) => {
    read.push(params.room);
    return {};
  });
  app.implement(files, (_peer, { params }) => {
    read.push(params.path);
    return {};
  });
  const { WebSocket } = testNetwork(app);
  const clients = [
    connect(chat, { url: "ws://test", WebSocket }),
    connect(chat, { url: "ws://test", params: { room: "a b" }, WebSocket }),
    connect(files, { url: "ws://test", params: { path: "a/b c" }, WebSocket }),
  ];
  for (const client of clients) {
    undo.push(() => client.close());
    await client.opened;
  }
  expect(read).toEqual([undefined, "a b", "a/b c"]);
});
