import { createHash } from "node:crypto";
import { json } from "@symbolon/protocol";
import { type RawSocket, SUBPROTOCOL } from "@symbolon/protocol/internal";
import type { TestConnectOptions, TestNetwork, TestSocket } from "../../src/testing/index.ts";

/** Receives the next frame that is not an acknowledgement, without its sequence: the same in session and in plain mode. */
export async function receiveFrame(socket: RawSocket): Promise<unknown> {
  for (;;) {
    const { s: _s, a: _a, ...frame } = (await socket.receive(json())) as Record<string, unknown>;
    if (frame["t"] !== "ack") return frame;
  }
}

/** The key of a client instance: as long as 256 random bits in base64url. */
export function keyOf(instance: string): string {
  return instance.padEnd(43, "_");
}

/** The `peer.id` of a session. */
export function peerIdOf(sessionId: string): string {
  return createHash("sha256").update(`peer${sessionId}`).digest().subarray(0, 16).toString("base64url");
}

/** A valid `hello`. */
export const hello = {
  t: "hello",
  v: 1,
  cid: "tab",
  key: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
  att: 1,
  w: 256,
  wb: 2 ** 20,
};

/** Gives the frames of a conversation the sequences that a client gives them in a session; other frames have none. */
function createSequencer(): (frame: object) => object {
  let last = 0;
  return (frame) =>
    "t" in frame && /^(event|request|stream|reply|next|end|credit|cancel|error)$/.test(String(frame.t))
      ? { s: (last += 1), ...frame }
      : frame;
}

/** Connects in session mode and sends `first`. Frames that are sent later as objects get sequences. */
export async function connectSession(
  net: TestNetwork,
  path: string,
  first: object = hello,
  options?: TestConnectOptions,
): Promise<TestSocket> {
  const socket = await net.connect(path, { ...options, protocols: [SUBPROTOCOL] });
  const sequence = createSequencer();
  const send = socket.send.bind(socket);
  socket.send = (value) => send(typeof value === "object" && value !== null ? sequence(value) : value);
  socket.send(first);
  return socket;
}

/** Opens a session: connects and receives the `welcome`. */
export async function openSession(
  net: TestNetwork,
  path: string,
  first?: object,
  options?: TestConnectOptions,
): Promise<TestSocket> {
  const socket = await connectSession(net, path, first, options);
  const { t } = (await receiveFrame(socket)) as { t: string };
  if (t !== "welcome") throw new Error(`expected a welcome, got ${t}`);
  return socket;
}
