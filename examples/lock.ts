/** A lock inside a stream, held for one step; a hook would hold it until the client disconnects. */
import { setTimeout } from "node:timers/promises";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

let previous: Promise<unknown> = Promise.resolve();

/** Runs `work` when all earlier work has finished. */
function withLock<Value>(work: () => Promise<Value>): Promise<Value> {
  const result = previous.then(work);
  previous = result.catch(() => {}); // the caller gets the error
  return result;
}

/** Reads a sensor that can answer only one request at a time. */
async function readSensor(): Promise<string> {
  return "21 °C";
}

/** Serves `/sensor`; each client gets a reading every second. */
export const app = createApp({ state: { intervalMs: 1_000 } });

app.ws("/sensor", async function* ({ signal }, { state }) {
  for (;;) {
    const reading = await withLock(readSensor);
    yield reading; // the lock is free again
    await setTimeout(state.intervalMs, undefined, { signal });
  }
});

/** Connects two clients, whose streams take turns at the lock. */
export async function demo(): Promise<void> {
  const net = testNetwork(app, { state: { intervalMs: 1 } });
  const first = await net.connect("/sensor");
  console.log("first received", await first.receive());

  const second = await net.connect("/sensor"); // while the first stream goes on
  console.log("second received", await second.receive());
  console.log("first received", await first.receive());

  first.close();
  second.close();
}

/* prints
first received 21 °C
second received 21 °C
first received 21 °C
*/
