import { json } from "@symbolon/protocol";
import { type RawSocket, SUBPROTOCOL } from "@symbolon/protocol/internal";
import type { TestConnectOptions, TestNetwork, TestSocket } from "../../src/testing/index.ts";

/** The next frame that a server says: of a conversation as a plain client is told it, without numbers and without acknowledgements. */
export async function frame(socket: RawSocket): Promise<unknown> {
  for (;;) {
    const { s: _s, a: _a, ...told } = (await socket.receive(json())) as Record<string, unknown>;
    if (told["t"] !== "ack") return told;
  }
}

/** A first frame as it has to be. */
export const hello = { t: "hello", v: 1, cid: "tab", att: 1, w: 256, wb: 2 ** 20 };

/** Numbers the frames of a conversation, as a client does in a session; others are left as they are. */
function numbering(): (said: object) => object {
  let last = 0;
  return (said) =>
    "t" in said && !/^(hello|ack|ping|pong|bye)$/.test(String(said.t)) ? { s: (last += 1), ...said } : said;
}

/** Knocks in session mode and says `first`, `hello` unless given; what is said then is numbered. */
export async function knock(
  net: TestNetwork,
  path: string,
  first: object = hello,
  options?: TestConnectOptions,
): Promise<TestSocket> {
  const socket = await net.connect(path, { ...options, protocols: [SUBPROTOCOL] });
  const number = numbering();
  const send = socket.send.bind(socket);
  socket.send = (said) => send(typeof said === "object" && said !== null ? number(said) : said);
  socket.send(first);
  return socket;
}

/** Opens a session: knocks and takes the welcome. */
export async function enter(
  net: TestNetwork,
  path: string,
  first?: object,
  options?: TestConnectOptions,
): Promise<TestSocket> {
  const socket = await knock(net, path, first, options);
  const { t } = (await frame(socket)) as { t: string };
  if (t !== "welcome") throw new Error(`expected a welcome, got ${t}`);
  return socket;
}
