import { contract, request, stream } from "@symbolon/protocol";
import type { EventFailure, HelloFrame } from "@symbolon/protocol/internal";
import { z } from "zod";
import { connect, type OutboxOptions, type Reset } from "../src/index.ts";
import { fakeSockets, pass, welcome } from "./connection/fakes.ts";

const talk = contract("/talk", {
  client: {
    say: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { told: z.number() },
});

/** A client over fake sockets; the test is its server. */
export async function talking(outbox: OutboxOptions = {}) {
  const { last, made, WebSocket } = fakeSockets();
  const client = connect(talk, { url: "ws://test", WebSocket, outbox });
  const order: unknown[] = [];
  const resets: Reset[] = [];
  const failures: EventFailure[] = [];
  client.on("told", (n) => void order.push(n));
  client.onReset((reset) => {
    order.push("reset");
    resets.push(reset);
  });
  client.onFailed((failure) => failures.push(failure));
  await pass();
  /** Opens the socket that was dialed last, and gives the hello. */
  const opens = (): HelloFrame => {
    last().emitOpen();
    return JSON.parse(String(last().sent.shift())) as HelloFrame;
  };
  const says = (...frames: string[]): void => {
    for (const frame of frames) last().emitMessage(frame);
  };
  const welcomes = (fields: Parameters<typeof welcome>[0] = {}): void => says(welcome(fields));
  /** What the client has said on the last wire since the last time. */
  const heard = (): unknown[] => last().sent.splice(0);
  /** The wire breaks, and the next one is dialed and opened. */
  const breaks = async (): Promise<HelloFrame> => {
    last().emitClose();
    await pass(1_000);
    return opens();
  };
  return { client, made, last, opens, says, welcomes, heard, breaks, order, resets, failures };
}

/** It, on a wire that is welcomed. */
export async function welcomed(outbox?: OutboxOptions) {
  const all = await talking(outbox);
  all.opens();
  all.welcomes();
  return all;
}

/** An event of the client, as it stands on the wire. */
export const said = (s: number, n: number, q = s): string =>
  `{"s":${s},"t":"event","name":"say","data":${n},"q":${q}}`;
/** An event of the server. */
export const told = (s: number, n: number): string => `{"s":${s},"t":"event","name":"told","data":${n}}`;
