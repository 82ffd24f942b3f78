/** Our client, in whatever runtime runs this, through a proxy that cuts its connections: `node session.mjs [url]`. */
import assert from "node:assert/strict";
import { connect } from "@symbolon/client";
import { tally } from "./session-contract.mjs";

const url = globalThis.process?.argv[2] ?? "ws://localhost:3000";
const { Bun, Deno } = globalThis;
const runtime = Bun
  ? `Bun ${Bun.version}`
  : Deno
    ? `Deno ${Deno.version.deno}`
    : `Node ${process.versions.node}`;
console.log(`a session in ${runtime}`);

const numbers = Array.from({ length: 500 }, (_, index) => index + 1);
const client = connect(tally, { url, params: { room: String(Math.random()) } });
const breaks = [];
client.onReset(({ reason }) => breaks.push(reason));
client.onFailed(({ error }) => breaks.push(error));
const opened = new Set();
client.status.subscribe(({ state, resumed }) => state === "open" && opened.add(resumed));
const [told, said] = [collect("told"), collect("said")];

// All at once, so that each cut hits something of everything, both ways.
const counted = items(client.stream("count", numbers.length));
const echoed = Promise.all(numbers.slice(0, 50).map((n) => client.request("echo", n)));
await Promise.all(numbers.map((n) => client.send("tell", n)));
assert.deepEqual(await client.request("heard", null), numbers);
console.log("ok sent");
assert.deepEqual(await told, numbers);
console.log("ok told");
assert.deepEqual(await echoed, numbers.slice(0, 50));
console.log("ok request");
assert.deepEqual(await counted, numbers);
console.log("ok stream");
assert.deepEqual(await said, numbers);
console.log("ok room");
assert.deepEqual(breaks, []);
assert(opened.has(true));
assert.deepEqual([await told, await said], [numbers, numbers]); // and nothing came since
console.log("ok resume");
client.close();
assert.equal((await client.closed).code, 1000);
console.log("ok close");

/** Resolves with what was said by a name, when the last number has been. */
function collect(name) {
  const heard = [];
  return new Promise((resolve) => {
    client.on(name, (n) => {
      heard.push(n);
      if (n === numbers.at(-1)) resolve(heard);
    });
  });
}

async function items(stream) {
  const all = [];
  for await (const item of stream) all.push(item);
  return all;
}
