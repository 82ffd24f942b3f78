// A server says how large a message it takes: what is larger is not sent, and its sender is told.
import { contract, request, RequestError, stream } from "@symbolon/protocol";
import type { RpcPeer } from "@symbolon/protocol/internal";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import { undo, undoAll, until, watchCrashes } from "../connection/servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

const notes = contract("/notes", {
  client: {
    note: z.string(),
    count: request({ input: z.string(), output: z.number() }),
    sum: stream({ input: z.null(), upload: z.string(), output: z.number() }),
  },
  server: {
    page: request({ input: z.number(), output: z.string() }),
    pages: stream({ input: z.number(), output: z.string() }),
    ask: request({ input: z.number(), output: z.null() }),
    tell: z.number(),
  },
});

type Asker = Pick<RpcPeer<typeof notes.definition.server>, "request" | "send" | "stream">;

const limit = 65_536;
const tooLarge = expect.objectContaining({ name: "RequestError", code: "TOO_LARGE" });

/** A client whose server counts what it is sent, and asks for pages of so many characters. */
async function noting() {
  const heard: number[] = [];
  const peers: Asker[] = [];
  const app = createApp();
  app.implement(notes, (peer) => {
    peers.push(peer);
    return {
      note: (text) => void heard.push(text.length),
      count: ({ length }) => length,
      sum: async function* (_, { upload }) {
        for await (const { length } of upload) yield length;
      },
    };
  });
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  undo.push(() => server.close());
  const client = connect(notes, { url: server.url });
  undo.push(() => client.close());
  client.handle("page", (length) => "x".repeat(length));
  client.handle("pages", function* (length) {
    yield "x".repeat(length);
  });
  const peer = async () => {
    await until(() => peers.length > 0);
    return peers[0] as Asker;
  };
  return { client, heard, peer };
}

const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => "taken",
    (error: unknown) => error,
  );

test("an event fails, and those before and after it arrive on the same connection", async () => {
  const { client, heard } = await noting();
  const outcomes = [1, limit, 2].map((length) => failure(client.send("note", "x".repeat(length))));
  expect(await Promise.all(outcomes)).toEqual(["taken", tooLarge, "taken"]);
  expect(heard).toEqual([1, 2]);
  expect(client.bufferedAmount).toBe(0);
});

test("an event that is left alone is told as failed", async () => {
  const { client } = await noting();
  const failed = new Promise((resolve) => client.onFailed(resolve));
  client.send("note", "x".repeat(limit));
  expect(await failed).toMatchObject({ name: "note", error: tooLarge });
});

test("what just fits arrives: bytes are counted, not characters", async () => {
  const { client, heard } = await noting();
  await client.opened;
  const around = '{"t":"event","name":"note","data":"","q":1}'.length + 64; // and room for the numbers of a session
  await client.send("note", "x".repeat(limit - around));
  await client.send("note", "é".repeat((limit - around - 1) / 2));
  expect(await failure(client.send("note", "x".repeat(limit - around + 1)))).toEqual(tooLarge);
  expect(await failure(client.send("note", "é".repeat(limit / 2)))).toEqual(tooLarge);
  expect(heard).toEqual([limit - around, (limit - around - 1) / 2]);
});

test("a question fails, and so does a stream whose upload is too large", async () => {
  const { client } = await noting();
  expect(await failure(client.request("count", "x".repeat(limit)))).toEqual(tooLarge);
  expect(await client.request("count", "xx")).toBe(2);
  const read = async (...upload: string[]): Promise<number[]> => {
    const sums: number[] = [];
    for await (const sum of client.stream("sum", null, { upload })) sums.push(sum);
    return sums;
  };
  expect(await failure(read("x", "x".repeat(limit)))).toEqual(tooLarge);
  expect(await read("x", "xx")).toEqual([1, 2]);
});

test("an answer that is too large fails for who asked, and so does an item", async () => {
  const { peer } = await noting();
  const asking = await peer();
  const read = async (length: number): Promise<string[]> => {
    const pages: string[] = [];
    for await (const page of asking.stream("pages", length)) pages.push(page);
    return pages;
  };
  expect(await failure(asking.request("page", limit))).toEqual(tooLarge);
  expect(await asking.request("page", 2)).toBe("xx");
  expect(await failure(read(limit))).toEqual(tooLarge);
  expect(await read(2)).toEqual(["xx"]);
});

test("an error that is too large is told without what it carries, of a question and of an event", async () => {
  const { client, peer } = await noting();
  const fails = (length: number): never => {
    throw new RequestError("FULL", "no room", "x".repeat(length));
  };
  client.handle("ask", fails);
  client.on("tell", fails);
  const asking = await peer();
  for (const fail of [(n: number) => asking.request("ask", n), (n: number) => asking.send("tell", n)]) {
    expect(await failure(fail(limit))).toEqual(tooLarge);
    expect(await failure(fail(2))).toMatchObject({ code: "FULL", data: "xx" });
  }
});
