import { contract, type DeclaredError, isDeclared, request, stream } from "@symbolon/protocol";
import { createApp, RequestError, ValidationError } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { connect } from "../src/index.ts";
import { slow } from "../../../test/time-limits.ts";

const join = request({
  input: z.object({ room: z.string() }),
  output: z.object({ place: z.number() }),
  errors: { ROOM_FULL: z.object({ capacity: z.number() }) },
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

/** A log of the server's handlers. */
class Log {
  readonly lines: string[] = [];
  #wake: (() => void) | undefined;

  /** Appends a line. */
  add(line: string): void {
    this.lines.push(line);
    this.#wake?.();
  }

  /** Resolves when the log has the line. */
  async logged(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

/** Connects a client to a server of the contract. */
function connectClient() {
  const log = new Log();
  const clock = new Clock();
  let onDetached: () => void = () => {};
  const app = createApp({ clock, onError: (error) => log.add(`app: ${String(error)}`) });
  app.implement(calls, (peer) => {
    peer.subscribe(({ type }) => type === "detached" && onDetached());
    return {
      note: async (text) => {
        if (text === "request") log.add(`confirmed ${await peer.request("confirm", "sure?")}`);
        if (text === "stream") for await (const item of peer.stream("feed", "x")) log.add(`received ${item}`);
        peer.send("noted", text);
      },
      join: async ({ room }, { signal }) => {
        if (room === "full") throw new RequestError("ROOM_FULL", "the room is full", { capacity: 0 });
        if (room === "broken") throw new Error("secret");
        if (room === "wrong") return { place: "none" as never };
        if (room !== "slow") return { place: room.length };
        log.add("started");
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        log.add("aborted");
        return { place: 0 };
      },
      count: async function* ({ to }, { signal }) {
        try {
          for (let n = 1; n <= to; n += 1) yield n;
          if (to === 0) {
            log.add("started");
            await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          }
        } finally {
          log.add("count ended");
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
  /** Drops the connection, and expires the session before the client can resume it. */
  const loseSession = async (): Promise<void> => {
    const detached = new Promise<void>((resolve) => (onDetached = resolve));
    net.drop();
    await detached;
    clock.advance(120_000);
  };
  return { client, net, log, loseSession };
}

describe("requests", () => {
  test("get replies", async () => {
    const { client } = connectClient();
    expect(await client.request("join", { room: "abc" })).toEqual({ place: 3 });
    client.close();
  });

  test("overlap: a slow request does not delay the reply of another", async () => {
    const { client, log } = connectClient();
    const controller = new AbortController();
    const reply = client.request("join", { room: "slow" }, { signal: controller.signal });
    await log.logged("started");
    expect(await client.request("join", { room: "a" })).toEqual({ place: 1 });
    controller.abort(new Error("enough"));
    await expect(reply).rejects.toThrow("enough");
    await log.logged("aborted");
    client.close();
  });

  test("fail with a typed error that the contract declares", async () => {
    const { client } = connectClient();
    const error: unknown = await client.request("join", { room: "full" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ROOM_FULL", message: "the room is full", data: { capacity: 0 } });
    if (!isDeclared(join, error)) throw new Error("the error is not declared");
    const declared: DeclaredError<typeof join> = error;
    expect(declared.data.capacity satisfies number).toBe(0);
    client.close();
  });

  test("fail with INTERNAL and no details when the handler throws", async () => {
    const { client, log } = connectClient();
    await expect(client.request("join", { room: "broken" })).rejects.toMatchObject({ code: "INTERNAL" });
    expect(log.lines).toEqual(["app: Error: secret"]);
    client.close();
  });

  test("are checked by the server, and their replies by the client", async () => {
    const { client } = connectClient();
    await expect(client.request("join", { room: 1 as never })).rejects.toBeInstanceOf(ValidationError);
    await expect(client.request("join", { room: "wrong" })).rejects.toBeInstanceOf(ValidationError);
    client.close();
  });

  test("time out, and the handler is aborted", async () => {
    const { client, log } = connectClient();
    await client.opened;
    await expect(client.request("join", { room: "slow" }, { timeout: 50 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await log.logged("aborted");
    client.close();
  });

  test("fail with OUTCOME_UNKNOWN when the session is lost before the reply", async () => {
    const { client, loseSession, log } = connectClient();
    const reply = client.request("join", { room: "slow" });
    await log.logged("started");
    await loseSession();
    await expect(reply).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    await log.logged("aborted");
    expect(await client.request("join", { room: "back" })).toEqual({ place: 4 });
    client.close();
  });

  test("are sent after a reconnect if they were made while disconnected, and fail after close", async () => {
    const { client, net, log } = connectClient();
    await client.opened;
    const disconnected = new Promise((resolve) => client.status.subscribe(resolve));
    net.drop();
    await disconnected;
    const timedOut = client.request("join", { room: "slow" }, { signal: AbortSignal.timeout(0) });
    await expect(timedOut).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await client.request("join", { room: "lost" })).toEqual({ place: 4 });
    expect(log.lines).toEqual([]); // the client never sends a request that timed out before
    client.close();
    await expect(client.request("join", { room: "late" })).rejects.toMatchObject({ code: 1000 });
  });

  test("are sent by the server as well", async () => {
    const { client, log } = connectClient();
    client.handle("confirm", (question) => question === "sure?");
    client.send("note", "request");
    await log.logged("confirmed true");
    expect(log.lines).toEqual(["confirmed true"]);
    client.close();
  });
});

describe("streams", () => {
  test("yield each item, then end", async () => {
    const { client } = connectClient();
    const items: number[] = [];
    for await (const n of client.stream("count", { to: 100 })) items.push(n);
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    client.close();
  });

  test("end at the server when the client breaks the loop", async () => {
    const { client, log } = connectClient();
    for await (const n of client.stream("count", { to: 1_000 })) if (n === 3) break;
    await log.logged("count ended");
    expect(log.lines).toEqual(["count ended"]);
    client.close();
  });

  test("end at once at both peers when they are aborted", async () => {
    const { client, log } = connectClient();
    const controller = new AbortController();
    const reading = (async () => {
      for await (const n of client.stream("count", { to: 0 }, { signal: controller.signal })) void n;
    })();
    await log.logged("started");
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await log.logged("count ended");
    client.close();
  });

  test("fail with OUTCOME_UNKNOWN when the session is lost, and end at the server", slow, async () => {
    const { client, loseSession, log } = connectClient();
    const reading = (async () => {
      for await (const n of client.stream("count", { to: 0 })) void n;
    })();
    await log.logged("started");
    await loseSession();
    await expect(reading).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await log.logged("count ended");
    client.close();
  });

  test("are asked again when the session is lost, on demand", slow, async () => {
    const { client, loseSession, log } = connectClient();
    const controller = new AbortController();
    const { signal } = controller;
    const reading = (async () => {
      for await (const n of client.stream("count", { to: 0 }, { signal, onLost: "restart" })) void n;
    })();
    await log.logged("started");
    await loseSession();
    await log.logged("count ended");
    log.lines.length = 0;
    await log.logged("started");
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    await log.logged("count ended");
    client.close();
  });

  test("can have an upload", async () => {
    const { client } = connectClient();
    const sums: number[] = [];
    for await (const sum of client.stream("sum", {}, { upload: [1, 2, 3] })) sums.push(sum);
    expect(sums).toEqual([1, 3, 6]);
    client.close();
  });

  test("are opened by the server as well", async () => {
    const { client, log } = connectClient();
    client.handle("feed", async function* (input) {
      yield `${input}1`;
      yield `${input}2`;
    });
    client.send("note", "stream");
    await log.logged("received x2");
    expect(log.lines).toEqual(["received x1", "received x2"]);
    client.close();
  });
});
