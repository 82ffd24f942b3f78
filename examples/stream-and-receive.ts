/** A stream and a conversation at once: `pipe` sends what a generator yields while a loop answers. */
import { setTimeout } from "node:timers/promises";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp({ state: { every: 500 } });

app.ws("/both", { receive: text }, async (socket, { state }) => {
  const sending = socket.pipe(pings(state.every, socket.signal));
  for await (const line of socket) await socket.send(`you said ${line}`);
  await sending; // also when the client leaves
});

async function* pings(every: number, signal: AbortSignal) {
  for (;;) {
    yield "ping";
    await setTimeout(every, undefined, { signal });
  }
}

export async function demo(): Promise<void> {
  const socket = await testNetwork(app, { state: { every: 1 } }).connect("/both");
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
