/** A stream and a conversation at once: `pipe` sends what a generator yields while a loop answers. */
import { setTimeout } from "node:timers/promises";
import { createApp, type Socket, text } from "@symbolon/server";
import { testClient } from "@symbolon/server/testing";

export const app = createApp({ state: { every: 500 } });

app.ws("/both", { receive: text }, async (socket, { state }) => {
  await Promise.all([socket.pipe(pings(state.every, socket.signal)), answering(socket)]);
});

async function* pings(every: number, signal: AbortSignal) {
  for (;;) {
    yield "ping";
    await setTimeout(every, undefined, { signal });
  }
}

async function answering(socket: Socket<string>): Promise<void> {
  for await (const line of socket) await socket.send(`you said ${line}`);
}

export async function demo(): Promise<void> {
  const socket = await testClient(app, { state: { every: 1 } }).connect("/both");
  let message = await socket.receive();
  console.log(message);

  socket.send("hello");
  while (message === "ping") message = await socket.receive();
  console.log(message);
  socket.close();
}

/* prints
ping
you said hello
*/
