/** Tests our client in the runtime that runs this file: `node suite.mjs [ws://localhost:3000]`, or `bun`, or `deno run -A`. */
import assert from "node:assert/strict";
import {
  connect,
  CloseError,
  openSocket,
  OutcomeUnknown,
  RequestError,
  ValidationError,
} from "@symbolon/client";
import { text } from "@symbolon/protocol";
import { everything } from "./suite-contract.mjs";

const url = globalThis.process?.argv[2] ?? "ws://localhost:3000";
const { Bun, Deno } = globalThis;
console.log(
  Bun ? `Bun ${Bun.version}` : Deno ? `Deno ${Deno.version.deno}` : `Node ${process.versions.node}`,
);

const client = connect(everything, { url, params: { room: `a room/${Math.random()}` } });
const posted = [];
client.on("posted", ({ text }) => posted.push(text));
const until = async (check) => {
  for (let tries = 0; !check(); tries += 1) {
    assert(tries < 1_000, String(check));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

assert.equal(client.status.value.state, "connecting");
client.send("post", "before it is open");
await client.opened;
assert.equal(client.status.value.state, "open");
await until(() => posted.length === 1);
console.log("ok event");

assert.equal(await client.request("double", 2), 4);
await assert.rejects(client.request("double", 3), (error) => {
  assert(error instanceof RequestError);
  return error.code === "ODD" && error.data.rest === 1;
});
await assert.rejects(client.request("double", "two"), ValidationError);
console.log("ok request");

const items = [];
for await (const n of client.stream("count", 100)) items.push(n);
assert.deepEqual(
  items,
  Array.from({ length: 100 }, (_, index) => index + 1),
);
assert.deepEqual(await client.request("ended"), ["count"]);
console.log("ok stream");

for await (const n of client.stream("count", 1_000_000)) if (n === 10) break;
await assert.rejects(client.request("wait", undefined, { timeout: 20 }), { code: "TIMEOUT" });
const enough = new AbortController();
const waiting = client.request("wait", undefined, { signal: enough.signal });
enough.abort();
await assert.rejects(waiting, { name: "AbortError" });
const ended = new Set();
for (let tries = 0; ended.size < 2 && tries < 1_000; tries += 1)
  for (const handler of await client.request("ended")) ended.add(handler);
assert(ended.has("count") && ended.has("wait"));
console.log("ok cancel");

const sums = [];
for await (const sum of client.stream("sums", undefined, { upload: [1, 2, 3] })) sums.push(sum);
assert.deepEqual(sums, [1, 3, 6]);
console.log("ok upload");

client.handle("confirm", (question) => question === "sure?");
assert.equal(await client.request("confirmed", "sure?"), true);
console.log("ok request of the server");

const resets = [];
client.onReset(({ reason }) => resets.push(reason));
const lost = client.request("wait");
client.send("cut");
await until(() => client.status.value.state === "waiting");
client.send("post", "sent while offline");
await assert.rejects(lost, OutcomeUnknown);
assert.deepEqual(resets, ["unknown"]);
assert.equal(await client.request("double", 4), 8);
await until(() => posted.includes("sent while offline"));
assert.deepEqual(posted, ["before it is open", "sent while offline"]);
assert.equal(client.status.value.resumed, false);
console.log("ok reset");

client.close();
assert.deepEqual((await client.closed).code, 1000);
await assert.rejects(client.request("double", 2), CloseError);
console.log("ok close");

const socket = openSocket(`${url}/echo`, { receive: text });
socket.send("raw");
assert.equal(await socket.receive(), "raw");
socket.close();
await socket.closed;
console.log("ok raw");
