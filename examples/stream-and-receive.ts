/** Streams and answers at the same time: `pipe` sends what a generator yields while a loop answers messages. */
import { setTimeout } from "node:timers/promises";
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/both`; each client gets a ping every 500 ms. */
export const app = createApp({ state: { intervalMs: 500 } });

app.ws("/both", { receive: text }, async (socket, { state }) => {
  const sending = socket.pipe(pings(state.intervalMs, socket.signal));
  for await (const line of socket) await socket.send(`you wrote ${line}`);
  await sending; // also ends when the client disconnects
});

async function* pings(intervalMs: number, signal: AbortSignal) {
  for (;;) {
    yield "ping";
    await setTimeout(intervalMs, undefined, { signal });
  }
}

/** Prints a ping and the reply to a message. */
export async function demo(): Promise<void> {
  const socket = await testNetwork(app, { state: { intervalMs: 1 } }).connect("/both");
  let message = await socket.receive();
  console.log(message);

  socket.send("hello");
  while (message === "ping") message = await socket.receive();
  console.log(message);
  socket.close();
}

/* prints
ping
you wrote hello
*/
