/** Tests a session of our client in the runtime that runs this file: `node session.mjs [url]`. The url is of a proxy that cuts connections. */
import assert from "node:assert/strict";
import { connect } from "@symbolon/client";
import { numbers as contract } from "./session-contract.mjs";

const url = globalThis.process?.argv[2] ?? "ws://localhost:3000";
const { Bun, Deno } = globalThis;
const runtime = Bun
  ? `Bun ${Bun.version}`
  : Deno
    ? `Deno ${Deno.version.deno}`
    : `Node ${process.versions.node}`;
console.log(`a session in ${runtime}`);

const numbers = Array.from({ length: 500 }, (_, index) => index + 1);
const client = connect(contract, { url, params: { room: String(Math.random()) } });
const breaks = [];
client.onReset(({ reason }) => breaks.push(reason));
client.onFailed(({ error }) => breaks.push(error));
const opened = new Set();
client.status.subscribe(({ state, resumed }) => state === "open" && opened.add(resumed));
const [posted, postedToRoom] = [collect("posted"), collect("postedToRoom")];

// All at once, so that each cut hits messages of every type in both directions.
const counted = items(client.stream("count", numbers.length));
const echoed = Promise.all(numbers.slice(0, 50).map((n) => client.request("echo", n)));
await Promise.all(numbers.map((n) => client.send("post", n)));
assert.deepEqual(await client.request("received", null), numbers);
console.log("ok sent");
assert.deepEqual(await posted, numbers);
console.log("ok posted");
assert.deepEqual(await echoed, numbers.slice(0, 50));
console.log("ok request");
assert.deepEqual(await counted, numbers);
console.log("ok stream");
assert.deepEqual(await postedToRoom, numbers);
console.log("ok room");
assert.deepEqual(breaks, []);
assert(opened.has(true));
assert.deepEqual([await posted, await postedToRoom], [numbers, numbers]); // and no duplicate has arrived
console.log("ok resume");
client.close();
assert.equal((await client.closed).code, 1000);
console.log("ok close");

/** Resolves with the numbers of an event when the last number has arrived. */
function collect(name) {
  const received = [];
  return new Promise((resolve) => {
    client.on(name, (n) => {
      received.push(n);
      if (n === numbers.at(-1)) resolve(received);
    });
  });
}

async function items(stream) {
  const all = [];
  for await (const item of stream) all.push(item);
  return all;
}
