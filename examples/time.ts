/** A stream of the current time: a generator yields it, and is returned when the client leaves. */
import { setTimeout } from "node:timers/promises";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp({ state: { every: 500, now: () => new Date() } });

app.ws("/time", async function* ({ signal }, { state }) {
  for (;;) {
    yield state.now().toISOString();
    await setTimeout(state.every, undefined, { signal });
  }
});

export async function demo(): Promise<void> {
  let minute = 0;
  const state = { every: 1, now: () => new Date(Date.UTC(2026, 0, 1, 12, minute++)) };

  const socket = await testNetwork(app, { state }).connect("/time");
  console.log(await socket.receive());
  console.log(await socket.receive());
  socket.close();
}

/* prints
2026-01-01T12:00:00.000Z
2026-01-01T12:01:00.000Z
*/
