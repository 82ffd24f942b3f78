import { json, type Socket, SUBPROTOCOL } from "@symbolon/protocol";
import type { ConnectOptions, TestNet, TestSocket } from "../src/testing.ts";

/** The next frame that a server says, as JSON. */
export function frame(socket: Socket): Promise<unknown> {
  return socket.receive(json());
}

/** A first frame as it has to be. */
export const hello = { t: "hello", v: 1, cid: "tab", att: 1 };

/** Knocks in session mode and says `first`, `hello` unless given. */
export async function knock(
  net: TestNet,
  path: string,
  first: object = hello,
  options?: ConnectOptions,
): Promise<TestSocket> {
  const socket = await net.connect(path, { ...options, protocols: [SUBPROTOCOL] });
  socket.send(first);
  return socket;
}

/** Opens a session: knocks and takes the welcome. */
export async function enter(
  net: TestNet,
  path: string,
  first?: object,
  options?: ConnectOptions,
): Promise<TestSocket> {
  const socket = await knock(net, path, first, options);
  const { t } = (await frame(socket)) as { t: string };
  if (t !== "welcome") throw new Error(`expected a welcome, got ${t}`);
  return socket;
}
