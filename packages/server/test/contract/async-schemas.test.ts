// What an asynchronous schema of zod does to a conversation: its interface for other libraries runs such a schema twice.
import { contract, request, stream } from "@symbolon/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { openSession, receiveFrame } from "../session/connect-session.ts";

/** Starts a server whose messages have one asynchronous schema; records its runs, and the rejections that nothing handles. */
function startNameServer() {
  const runs: string[] = [];
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", listener);
  onTestFinished(() => void process.off("unhandledRejection", listener));
  const name = z.string().refine(async (value) => {
    runs.push(value);
    await Promise.resolve();
    if (value === "fault") throw new Error("the database is away");
    return value !== "taken";
  }, "is taken");
  const names = contract("/names", {
    client: {
      event: name,
      request: request({ input: name, output: z.string() }),
      stream: stream({ input: name, output: z.string() }),
    },
    server: { named: z.string() },
  });
  const onError = vi.fn();
  const app = createApp({ onError });
  app.implement(names, (peer) => ({
    event: (value) => void peer.send("named", value),
    request: (value) => value,
    *stream(value) {
      yield value;
    },
  }));
  return { net: testNetwork(app), onError, runs, unhandled };
}

test.each(
  (["session", "plain"] as const).flatMap((mode) =>
    (["event", "request", "stream"] as const).map((t) => [mode, t] as const),
  ),
)(
  "in %s mode, an asynchronous schema of zod runs once for each %s, and its fault ends nothing",
  async (mode, t) => {
    const { net, onError, runs, unhandled } = startNameServer();
    await using socket = await (mode === "plain" ? net.connect("/names") : openSession(net, "/names"));
    const send = (q: number, data: string): void => void socket.send({ t, name: t, q, data });
    send(1, "taken");
    expect(await receiveFrame(socket)).toMatchObject({
      t: "error",
      re: 1,
      code: "INVALID",
      message: "is taken",
    });
    send(2, "fault");
    const { data } = (await receiveFrame(socket)) as { data: { id: string } };
    expect(data).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(onError).toHaveBeenCalledExactlyOnceWith(new Error("the database is away"), {
      request: expect.any(Request),
      phase: "open",
      id: data.id,
    });
    send(3, "free");
    expect(await receiveFrame(socket)).toMatchObject({ data: "free" });
    expect({ runs, unhandled }).toEqual({ runs: ["taken", "fault", "free"], unhandled: [] });
  },
);
