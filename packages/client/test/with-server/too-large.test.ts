// A server announces its limit for messages: the client does not send a larger one, and its sender gets an error.
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
    failingRequest: request({ input: z.number(), output: z.null() }),
    failingEvent: z.number(),
  },
});

type ServerPeer = Pick<RpcPeer<typeof notes.definition.server>, "request" | "send" | "stream">;

const limit = 65_536;
const tooLarge = expect.objectContaining({ name: "RequestError", code: "TOO_LARGE" });

/** Connects a client to a server that counts the characters of notes, and requests pages of a given length. */
async function connectClient() {
  const lengths: number[] = [];
  const peers: ServerPeer[] = [];
  const app = createApp();
  app.implement(notes, (peer) => {
    peers.push(peer);
    return {
      note: (text) => void lengths.push(text.length),
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
    return peers[0] as ServerPeer;
  };
  return { client, lengths, peer };
}

/** Resolves with "fulfilled" or the error. */
const outcomeOf = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => "fulfilled",
    (error: unknown) => error,
  );

test("a too large event fails, and the events before and after it arrive on the same connection", async () => {
  const { client, lengths } = await connectClient();
  const outcomes = [1, limit, 2].map((length) => outcomeOf(client.send("note", "x".repeat(length))));
  expect(await Promise.all(outcomes)).toEqual(["fulfilled", tooLarge, "fulfilled"]);
  expect(lengths).toEqual([1, 2]);
  expect(client.bufferedAmount).toBe(0);
});

test("a too large event that is not awaited is reported as failed", async () => {
  const { client } = await connectClient();
  const failed = new Promise((resolve) => client.onFailed(resolve));
  client.send("note", "x".repeat(limit));
  expect(await failed).toMatchObject({ name: "note", error: tooLarge });
});

test("a message at the limit arrives, and its bytes count, not its characters", async () => {
  const { client, lengths } = await connectClient();
  await client.opened;
  const frameSize = '{"t":"event","name":"note","data":"","q":1}'.length + 64; // and capacity for the fields of a session
  await client.send("note", "x".repeat(limit - frameSize));
  await client.send("note", "é".repeat((limit - frameSize - 1) / 2));
  expect(await outcomeOf(client.send("note", "x".repeat(limit - frameSize + 1)))).toEqual(tooLarge);
  expect(await outcomeOf(client.send("note", "é".repeat(limit / 2)))).toEqual(tooLarge);
  expect(lengths).toEqual([limit - frameSize, (limit - frameSize - 1) / 2]);
});

test("a too large request fails, and so does a stream with a too large upload item", async () => {
  const { client } = await connectClient();
  expect(await outcomeOf(client.request("count", "x".repeat(limit)))).toEqual(tooLarge);
  expect(await client.request("count", "xx")).toBe(2);
  const readSums = async (...upload: string[]): Promise<number[]> => {
    const sums: number[] = [];
    for await (const sum of client.stream("sum", null, { upload })) sums.push(sum);
    return sums;
  };
  expect(await outcomeOf(readSums("x", "x".repeat(limit)))).toEqual(tooLarge);
  expect(await readSums("x", "xx")).toEqual([1, 2]);
});

test("a caller gets an error for a too large reply, and for a too large item", async () => {
  const { peer } = await connectClient();
  const serverPeer = await peer();
  const readPages = async (length: number): Promise<string[]> => {
    const pages: string[] = [];
    for await (const page of serverPeer.stream("pages", length)) pages.push(page);
    return pages;
  };
  expect(await outcomeOf(serverPeer.request("page", limit))).toEqual(tooLarge);
  expect(await serverPeer.request("page", 2)).toBe("xx");
  expect(await outcomeOf(readPages(limit))).toEqual(tooLarge);
  expect(await readPages(2)).toEqual(["xx"]);
});

test("a too large error of a request or an event arrives without its data", async () => {
  const { client, peer } = await connectClient();
  const fails = (length: number): never => {
    throw new RequestError("FULL", "full", "x".repeat(length));
  };
  client.handle("failingRequest", fails);
  client.on("failingEvent", fails);
  const serverPeer = await peer();
  for (const call of [
    (n: number) => serverPeer.request("failingRequest", n),
    (n: number) => serverPeer.send("failingEvent", n),
  ]) {
    expect(await outcomeOf(call(limit))).toEqual(tooLarge);
    expect(await outcomeOf(call(2))).toMatchObject({ code: "FULL", data: "xx" });
  }
});
