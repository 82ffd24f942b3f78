// O1: what a client sends while the server is away is bounded at the call.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { contract, request, stream } from "@symbolon/protocol";
import { z } from "zod";
import { connect } from "../src/index.ts";
import { fakeSockets, pass, welcome } from "./connection/fakes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const text = contract("/text", {
  client: {
    say: z.string(),
    ask: request({ input: z.string(), output: z.string() }),
    list: stream({ input: z.string(), output: z.string() }),
  },
});
const long = "x".repeat(60_000);

/** The calls of a client whose server is away. */
function startOffline() {
  const client = connect(text, { url: "ws://test", WebSocket: fakeSockets().WebSocket });
  const codes: string[] = [];
  const note = (error: unknown): void => void codes.push((error as { readonly code: string }).code);
  return { client, codes, note };
}

describe("while the server is away", () => {
  test("long requests that no code awaits are refused at the call, beyond 4 MiB that wait", async () => {
    const { client, codes, note } = startOffline();
    let unsettled = 0;
    for (let n = 0; n < 1_000; n += 1) {
      unsettled += 1;
      client.request("ask", long).catch((error: unknown) => {
        unsettled -= 1;
        note(error);
      });
    }
    await pass(0);
    // 64 open calls, and 4 MiB of those that wait for them.
    expect(unsettled).toBe(64 + Math.floor(2 ** 22 / 60_140));
    expect(new Set(codes)).toEqual(new Set(["OUTBOX_FULL"]));
    expect(client.bufferedAmount).toBeLessThan(2 ** 22);
    client.close();
  });

  test("long events that no code awaits are refused at the call, beyond 4 MiB", async () => {
    const { client, codes, note } = startOffline();
    client.onFailed(({ error }) => note(error));
    for (let n = 0; n < 1_000; n += 1) {
      client.send("say", long);
      expect(client.bufferedAmount).toBeLessThan(2 ** 22);
    }
    await pass(0);
    expect(codes).toEqual(Array.from({ length: 1_000 - 69 }, () => "OUTBOX_FULL"));
    client.close();
  });

  test("a call that is cancelled makes room for another one", async () => {
    const { client, codes, note } = startOffline();
    for (let n = 0; n < 1_000; n += 1) {
      const enough = new AbortController();
      client.request("ask", long, { signal: enough.signal }).catch(() => {});
      enough.abort();
    }
    for (let n = 0; n < 100; n += 1) client.request("ask", long).catch(note);
    await pass(0);
    expect(codes).toEqual([]);
    client.close();
  });

  test("streams are refused when they are iterated", async () => {
    const { client, codes, note } = startOffline();
    const streams = Array.from({ length: 200 }, () => client.stream("list", long));
    await pass(0);
    expect(codes).toEqual([]);
    for (const items of streams) items.next().catch(note);
    await pass(0);
    expect(codes).toEqual(Array.from({ length: 200 - 133 }, () => "OUTBOX_FULL"));
    client.close();
  });
});

test("five thousand short requests at once are all answered", async () => {
  const { last, WebSocket } = fakeSockets();
  const client = connect(text, { url: "ws://test", WebSocket });
  const replies = Promise.all(Array.from({ length: 5_000 }, (_, n) => client.request("ask", `${n}`)));
  await pass();
  last().emitOpen();
  last().sent.length = 0; // the hello
  last().emitMessage(welcome());
  let s = 0;
  for (let turns = 0; turns < 5_000 && s < 5_000; turns += 1) {
    await pass(0);
    for (const frame of last().sent.splice(0)) {
      const { q, data } = JSON.parse(String(frame)) as { readonly q?: number; readonly data: string };
      if (q === undefined) continue;
      s += 1;
      last().emitMessage(`{"s":${s},"a":${s},"t":"reply","re":${q},"data":"${data}"}`);
    }
  }
  expect(await replies).toEqual(Array.from({ length: 5_000 }, (_, n) => `${n}`));
  client.close();
});
