/** Streams the current time: the server sends what a generator yields, and stops it when the client disconnects. */
import { setTimeout } from "node:timers/promises";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/time`; each client gets the time every 500 ms. */
export const app = createApp({ state: { intervalMs: 500, now: () => new Date() } });

app.ws("/time", async function* ({ signal }, { state }) {
  for (;;) {
    yield state.now().toISOString();
    await setTimeout(state.intervalMs, undefined, { signal });
  }
});

/** Prints two messages of the stream, at times that the demo chooses. */
export async function demo(): Promise<void> {
  let minute = 0;
  const state = { intervalMs: 1, now: () => new Date(Date.UTC(2026, 0, 1, 12, minute++)) };

  const socket = await testNetwork(app, { state }).connect("/time");
  console.log(await socket.receive());
  console.log(await socket.receive());
  socket.close();
}

/* prints
2026-01-01T12:00:00.000Z
2026-01-01T12:01:00.000Z
*/
