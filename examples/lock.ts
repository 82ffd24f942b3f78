/** A lock in a stream: taken inside, around what needs it. A hook would hold it until its client leaves, and lock out all others. */
import { setTimeout } from "node:timers/promises";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

let last: Promise<unknown> = Promise.resolve();

/** Does one piece of work after another. */
function locked<Value>(work: () => Promise<Value>): Promise<Value> {
  const turn = last.then(work);
  last = turn.catch(() => {}); // its caller is told
  return turn;
}

/** Asks a sensor that bears one question at a time. */
async function askSensor(): Promise<string> {
  return "21 °C";
}

export const app = createApp({ state: { every: 1_000 } });

app.ws("/sensor", async function* ({ signal }, { state }) {
  for (;;) {
    const reading = await locked(askSensor);
    yield reading; // the lock is free again
    await setTimeout(state.every, undefined, { signal });
  }
});

export async function demo(): Promise<void> {
  const net = testNetwork(app, { state: { every: 1 } });
  const first = await net.connect("/sensor");
  console.log("first hears", await first.receive());

  const second = await net.connect("/sensor"); // while the first stream goes on
  console.log("second hears", await second.receive());
  console.log("first hears", await first.receive());

  first.close();
  second.close();
}

/* prints
first hears 21 °C
second hears 21 °C
first hears 21 °C
*/
