import { contract, request, stream } from "@symbolon/protocol";
import type { EventFailure, HelloFrame } from "@symbolon/protocol/internal";
import { z } from "zod";
import { type ClientInboxOptions, connect, type OutboxOptions, type Reset } from "../src/index.ts";
import { fakeSockets, pass, welcome } from "./connection/fakes.ts";

const numbers = contract("/numbers", {
  client: {
    post: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { posted: z.number(), guess: request({ input: z.number(), output: z.number() }) },
});

/** Creates a client over fake sockets; the test plays the server. */
export async function createClient(outbox: OutboxOptions = {}, inbox: ClientInboxOptions = {}) {
  const { last, made, WebSocket } = fakeSockets();
  const client = connect(numbers, { url: "ws://test", WebSocket, outbox, inbox });
  const order: unknown[] = [];
  const resets: Reset[] = [];
  const failures: EventFailure[] = [];
  client.on("posted", (n) => void order.push(n));
  client.onReset((reset) => {
    order.push("reset");
    resets.push(reset);
  });
  client.onFailed((failure) => failures.push(failure));
  await pass();
  /** Opens the socket that the client dialed last, and returns the client's hello. */
  const openSocket = (): HelloFrame => {
    last().emitOpen();
    return JSON.parse(String(last().sent.shift())) as HelloFrame;
  };
  /** Gives the client frames of the server. */
  const receive = (...frames: string[]): void => {
    for (const frame of frames) last().emitMessage(frame);
  };
  const receiveWelcome = (fields: Parameters<typeof welcome>[0] = {}): void => receive(welcome(fields));
  /** Returns the frames that the client has sent on the last wire since the previous call. */
  const sentFrames = (): unknown[] => last().sent.splice(0);
  /** Breaks the wire, and opens the socket that the client dials next. */
  const reconnect = async (): Promise<HelloFrame> => {
    last().emitClose();
    await pass(5_251); // the longest wait, with the floor of wires that died young
    return openSocket();
  };
  return {
    client,
    made,
    last,
    openSocket,
    receive,
    receiveWelcome,
    sentFrames,
    reconnect,
    order,
    resets,
    failures,
  };
}

/** Creates a client over fake sockets whose first wire has received a `welcome`. */
export async function createWelcomedClient(outbox?: OutboxOptions, inbox?: ClientInboxOptions) {
  const created = await createClient(outbox, inbox);
  created.openSocket();
  created.receiveWelcome();
  return created;
}

/** Returns the frame of the client's event `post`. */
export const postFrame = (s: number, n: number, q = s): string =>
  `{"s":${s},"t":"event","name":"post","data":${n},"q":${q}}`;
/** Returns the frame of the server's event `posted`. */
export const postedFrame = (s: number, n: number): string =>
  `{"s":${s},"t":"event","name":"posted","data":${n}}`;
