import { once } from "node:events";
import { SUBPROTOCOL } from "@symbolon/protocol/internal";
import { WebSocket } from "ws";
import { hello, keyOf } from "../session/connect-session.ts";

let clients = 0;

/** Connects a client that writes its frames by hand: in a session, or plain. */
export async function connectFrameClient(port: number, { path = "/calls", plain = false } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, plain ? [] : [SUBPROTOCOL]);
  const received: string[] = [];
  let wake: () => void = () => {};
  socket.on("message", (data: Buffer) => {
    const frame = data.toString().replace(/^\{("[sa]":\d+,)+/, "{"); // without the numbers of its session
    if (frame.startsWith('{"t":"ack"')) return;
    received.push(frame);
    wake();
  });
  const closed = once(socket, "close").then(([code]: unknown[]) => code);
  await once(socket, "open");
  let last = 0;
  const send = (...frames: string[]): void => {
    for (const frame of frames) socket.send(plain ? frame : frame.replace(/^\{/, `{"s":${(last += 1)},`));
  };
  const receive = async (): Promise<string> => {
    while (received.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return received.shift() ?? "";
  };
  if (!plain) {
    socket.send(JSON.stringify({ ...hello, key: keyOf(`client ${(clients += 1)}`) }));
    await receive();
  }
  return { socket, send, receive, closed };
}
