import { contract, type DeclaredError, isDeclared, request, stream } from "@symbolon/protocol";
import { createApp, RequestError, ValidationError } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../src/index.ts";

const join = request({
  input: z.object({ room: z.string() }),
  output: z.object({ seat: z.number() }),
  errors: { ROOM_FULL: z.object({ seats: z.number() }) },
});
const calls = contract("/calls", {
  client: {
    note: z.string(),
    join,
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
    sum: stream({ input: z.object({}), upload: z.number(), output: z.number() }),
  },
  server: {
    confirm: request({ input: z.string(), output: z.boolean() }),
    feed: stream({ input: z.string(), output: z.string() }),
    noted: z.string(),
  },
});

/** What becomes of the server's handlers. */
class Log {
  readonly lines: string[] = [];
  #wake: (() => void) | undefined;

  say(line: string): void {
    this.lines.push(line);
    this.#wake?.();
  }

  async has(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

function calling() {
  const log = new Log();
  const clock = new Clock();
  let parked: () => void = () => {};
  const app = createApp({ clock, onError: (error) => log.say(`app: ${String(error)}`) });
  app.implement(calls, (peer) => {
    peer.subscribe(({ type: is }) => is === "detached" && parked());
    return {
      note: async (text) => {
        if (text === "ask") log.say(`confirmed ${await peer.request("confirm", "sure?")}`);
        if (text === "feed") for await (const item of peer.stream("feed", "x")) log.say(`fed ${item}`);
        peer.send("noted", text);
      },
      join: async ({ room }, { signal }) => {
        if (room === "full") throw new RequestError("ROOM_FULL", "no seats left", { seats: 0 });
        if (room === "broken") throw new Error("secret");
        if (room === "wrong") return { seat: "none" as never };
        if (room !== "slow") return { seat: room.length };
        log.say("waits");
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        log.say("given up");
        return { seat: 0 };
      },
      count: async function* ({ to }, { signal }) {
        try {
          for (let n = 1; n <= to; n += 1) yield n;
          if (to === 0) {
            log.say("waits");
            await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          }
        } finally {
          log.say("count ended");
        }
      },
      sum: async function* (_, { upload }) {
        let sum = 0;
        for await (const n of upload) yield (sum += n);
      },
    };
  });
  const net = testNetwork(app);
  const client = connect(calls, { url: "ws://test", WebSocket: net.WebSocket });
  /** The connection is lost, and the server does not wait for the client to come back. */
  const lose = async (): Promise<void> => {
    const away = new Promise<void>((resolve) => (parked = resolve));
    net.drop();
    await away;
    clock.advance(120_000);
  };
  return { client, net, log, lose };
}

describe("requests", () => {
  test("are answered", async () => {
    const { client } = calling();
    expect(await client.request("join", { room: "abc" })).toEqual({ seat: 3 });
    client.close();
  });

  test("overlap: a slow one holds back nobody's reply", async () => {
    const { client, log } = calling();
    const slow = new AbortController();
    const waiting = client.request("join", { room: "slow" }, { signal: slow.signal });
    await log.has("waits");
    expect(await client.request("join", { room: "a" })).toEqual({ seat: 1 });
    slow.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await log.has("given up");
    client.close();
  });

  test("fail with what the handler declared, typed", async () => {
    const { client } = calling();
    const error: unknown = await client.request("join", { room: "full" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ROOM_FULL", message: "no seats left", data: { seats: 0 } });
    if (!isDeclared(join, error)) throw new Error("it is declared");
    const declared: DeclaredError<typeof join> = error;
    expect(declared.data.seats satisfies number).toBe(0);
    client.close();
  });

  test("tell nothing of an exception", async () => {
    const { client, log } = calling();
    await expect(client.request("join", { room: "broken" })).rejects.toMatchObject({ code: "INTERNAL" });
    expect(log.lines).toEqual(["app: Error: secret"]);
    client.close();
  });

  test("are checked at the half that receives, on the way there and back", async () => {
    const { client } = calling();
    await expect(client.request("join", { room: 1 as never })).rejects.toBeInstanceOf(ValidationError);
    await expect(client.request("join", { room: "wrong" })).rejects.toBeInstanceOf(ValidationError);
    client.close();
  });

  test("time out, and the handler is told", async () => {
    const { client, log } = calling();
    await client.opened;
    await expect(client.request("join", { room: "slow" }, { timeout: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await log.has("given up");
    client.close();
  });

  test("whose session is lost before the answer say that nobody knows", async () => {
    const { client, lose, log } = calling();
    const waiting = client.request("join", { room: "slow" });
    await log.has("waits");
    await lose();
    await expect(waiting).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    await log.has("given up");
    expect(await client.request("join", { room: "back" })).toEqual({ seat: 4 });
    client.close();
  });

  test("asked while away are asked on return; after close they fail", async () => {
    const { client, net, log } = calling();
    await client.opened;
    const away = new Promise((resolve) => client.status.subscribe(resolve));
    net.drop();
    await away;
    const givenUp = client.request("join", { room: "slow" }, { signal: AbortSignal.timeout(0) });
    await expect(givenUp).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await client.request("join", { room: "away" })).toEqual({ seat: 4 });
    expect(log.lines).toEqual([]); // what was given up before it was sent was never asked
    client.close();
    await expect(client.request("join", { room: "late" })).rejects.toMatchObject({ code: 1000 });
  });

  test("are asked by the server as well", async () => {
    const { client, log } = calling();
    client.handle("confirm", (question) => question === "sure?");
    client.send("note", "ask");
    await log.has("confirmed true");
    expect(log.lines).toEqual(["confirmed true"]);
    client.close();
  });
});

describe("streams", () => {
  test("give every item, then end", async () => {
    const { client } = calling();
    const items: number[] = [];
    for await (const n of client.stream("count", { to: 100 })) items.push(n);
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    client.close();
  });

  test("that are left end at the server", async () => {
    const { client, log } = calling();
    for await (const n of client.stream("count", { to: 1_000 })) if (n === 3) break;
    await log.has("count ended");
    expect(log.lines).toEqual(["count ended"]);
    client.close();
  });

  test("that are aborted end at once, on both sides", async () => {
    const { client, log } = calling();
    const enough = new AbortController();
    const reading = (async () => {
      for await (const n of client.stream("count", { to: 0 }, { signal: enough.signal })) void n;
    })();
    await log.has("waits");
    enough.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await log.has("count ended");
    client.close();
  });

  test("that lose their session say so, and end at the server", async () => {
    const { client, lose, log } = calling();
    const reading = (async () => {
      for await (const n of client.stream("count", { to: 0 })) void n;
    })();
    await log.has("waits");
    await lose();
    await expect(reading).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await log.has("count ended");
    client.close();
  });

  test("can be fed", async () => {
    const { client } = calling();
    const sums: number[] = [];
    for await (const sum of client.stream("sum", {}, { upload: [1, 2, 3] })) sums.push(sum);
    expect(sums).toEqual([1, 3, 6]);
    client.close();
  });

  test("are asked by the server as well", async () => {
    const { client, log } = calling();
    client.handle("feed", async function* (input) {
      yield `${input}1`;
      yield `${input}2`;
    });
    client.send("note", "feed");
    await log.has("fed x2");
    expect(log.lines).toEqual(["fed x1", "fed x2"]);
    client.close();
  });
});
