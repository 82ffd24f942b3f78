/** Tests Node 24's own WebSocket with the server of this folder: `node node24.mjs [ws://localhost:3000]`. */
import assert from "node:assert/strict";
import { once } from "node:events";

const url = process.argv[2] ?? "ws://localhost:3000";

console.log(`Node ${process.versions.node}`);

let ws = new WebSocket(`${url}/hello`);
ws.onopen = () => ws.send("Ada");
let [event] = await once(ws, "message");
assert.equal(event.data, "Hello Ada!");
console.log("ok text");

ws = new WebSocket(`${url}/json`);
ws.onopen = () => ws.send(JSON.stringify({ name: "Łucja" }));
[event] = await once(ws, "message");
assert.deepEqual(JSON.parse(event.data), { greeting: "Hello Łucja!" });
console.log("ok JSON");

ws = new WebSocket(`${url}/echo`);
ws.binaryType = "arraybuffer";
ws.onopen = () => ws.send(new Uint8Array([0, 255]));
[event] = await once(ws, "message");
assert.deepEqual(new Uint8Array(event.data), new Uint8Array([0, 255]));
ws.close();
console.log("ok binary");

ws = new WebSocket(`${url}/chat`, ["soap", "chat.v2"]);
[event] = await once(ws, "message");
assert.equal(event.data, "chat.v2");
assert.equal(ws.protocol, "chat.v2");
console.log("ok subprotocol");

ws = new WebSocket(`${url}/close`);
[event] = await once(ws, "close");
assert.deepEqual([event.code, event.reason, event.wasClean], [4000, "that is all", true]);
console.log("ok close");

ws = new WebSocket(`${url}/leave`);
ws.onopen = () => ws.close(4001, "see you");
await once(ws, "close");
ws = new WebSocket(`${url}/left`);
[event] = await once(ws, "message");
assert.deepEqual(JSON.parse(event.data), { code: 4001, reason: "see you", wasClean: true });
console.log("ok leave");

// A browser's WebSocket does not report the status of a refused handshake. Node adds the option `headers` to it.
ws = new WebSocket(`${url}/secret`);
[event] = await once(ws, "close");
assert.equal(event.code, 1006);
ws = new WebSocket(`${url}/secret`, { headers: { authorization: `Basic ${btoa("ada:hunter2")}` } });
[event] = await once(ws, "message");
assert.equal(event.data, "welcome, Ada");
console.log("ok refusal");

ws = new WebSocket(`${url}/greetings/en`);
ws.onopen = () => ws.send(JSON.stringify({ t: "event", name: "greet", data: { name: "Ada" } }));
[event] = await once(ws, "message");
assert.deepEqual(JSON.parse(event.data), { t: "event", name: "greeting", data: "Hello Ada!" });
ws.send(JSON.stringify({ t: "event", q: 1, name: "greet", data: { name: "" } }));
[event] = await once(ws, "message");
const { t, re, code } = JSON.parse(event.data);
assert.deepEqual([t, re, code], ["error", 1, "INVALID"]);
ws.close();
console.log("ok contract");
