import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { contract } from "@symbolon/protocol";
import { joinedWires, type Wire } from "@symbolon/protocol/internal";
import { expect, test } from "vitest";
import { z } from "zod";
import { slow } from "../../../../test/time-limits.ts";
import { createApp, internalsOf } from "../../src/app/app.ts";
import { traceHandshakes } from "../../src/app/trace.ts";
import type { Accept } from "../../src/request/acceptance.ts";
import type { PacedListener } from "../../src/timing/paced-reader.ts";
import { listen } from "../../src/socket/listen.ts";
import { flushPromises } from "../flush-promises.ts";
import { parseRequest } from "../../src/request/parsed-request.ts";
import { connectRawClient } from "../node/raw-client.ts";

const chat = contract("/chat", { client: { post: z.string() }, server: { posted: z.string() } });

/** Serves a chat and a raw route, and returns a function that dials and one that takes the lines of the trace. */
function startTracedApp() {
  const app = createApp();
  app.implement(chat, (peer) => ({ post: (text) => void peer.send("posted", text) }));
  app.ws(
    "/raw",
    listen((message) => message),
  );
  app.ws("/refused", () => new Response("no", { status: 403 }));
  const lines: string[] = [];
  const { dispatcher, routes } = internalsOf(app, "test");
  const handshake = traceHandshakes(dispatcher.handshake, routes, [], (line) =>
    lines.push(line.replace(/^\d+ /, "")),
  );
  const dial = async (path: string, protocol = "", change = (wire: Wire): Wire => wire): Promise<Wire> => {
    const [client, server] = joinedWires(protocol);
    const accept: Accept = () => Promise.resolve(change(server));
    const headers = { "sec-websocket-protocol": protocol };
    void handshake(parseRequest(new Request(`http://app${path}`, { headers })), accept);
    await flushPromises();
    return client;
  };
  return { dial, takeLines: () => lines.splice(0) };
}

test("the trace of a contract's client has paths, names and sizes, and no payload or query", async () => {
  const { dial, takeLines } = startTracedApp();
  const client = await dial("/chat?token=hidden");
  client.send('{"t":"event","name":"post","data":"hidden"}');
  await flushPromises();
  client.close(1000, "hidden");
  await flushPromises();
  expect(takeLines()).toEqual([
    '"/chat" open',
    '"/chat" received event name="post" (text, 43 bytes)',
    '"/chat" sent event name="posted" (text, 45 bytes)',
    '"/chat" closed with 1000',
  ]);
});

test("a traced client's pings and close reach what reads its wire", async () => {
  const { dial } = startTracedApp();
  let listener: PacedListener | undefined;
  await dial("/raw", "", (wire) => {
    const keep = wire.listen.bind(wire);
    wire.listen = (given) => keep((listener = given));
    return wire;
  });
  listener?.message("not handled yet");
  expect(listener?.closing?.()).toBeInstanceOf(Promise);
  expect(listener).toHaveProperty("pinged");
});

test("the trace of a session has its subprotocol, and neither tokens nor keys", async () => {
  const { dial, takeLines } = startTracedApp();
  const client = await dial("/chat", "symbolon.v1.json");
  const key = "hidden".padEnd(43, "A");
  client.send(JSON.stringify({ t: "hello", v: 1, cid: "hidden", key, att: 1, w: 64, wb: 65_536 }));
  await flushPromises();
  const size = expect.stringMatching(/ \(text, \d+ bytes\)$/) as string;
  const lines = takeLines();
  expect(lines).toEqual(['"/chat" open protocol="symbolon.v1.json"', size, size]);
  expect(lines.join()).toMatch(/received hello \(.* sent welcome state="new" \(/);
  client.terminate();
  await flushPromises();
  expect(takeLines()).toEqual(['"/chat" closed with 1006']);
});

test("the trace has a close of the server", async () => {
  const { dial, takeLines } = startTracedApp();
  const client = await dial("/chat", "symbolon.v1.json");
  client.send("hidden");
  await flushPromises();
  expect(takeLines().slice(1)).toEqual([
    '"/chat" received no frame (text, 6 bytes)',
    '"/chat" closes with 4400',
  ]);
});

test("the trace of a raw client has sizes alone", async () => {
  const { dial, takeLines } = startTracedApp();
  const client = await dial("/raw");
  client.send('{"t":"event","name":"hidden","data":1}');
  await flushPromises();
  client.close(1000, "");
  await flushPromises();
  expect(takeLines()).toEqual([
    '"/raw" open',
    '"/raw" received text, 38 bytes',
    '"/raw" sent text, 38 bytes',
    '"/raw" closed with 1000',
  ]);
});

test("the trace has refusals, with their status", async () => {
  const { dial, takeLines } = startTracedApp();
  await dial("/refused");
  await dial("/unknown");
  expect(takeLines()).toEqual(['"/refused" refused with 403', '"/unknown" refused with 404']);
});

test("a server traces to standard error if NODE_DEBUG lists symbolon", slow, async () => {
  const program = fileURLToPath(new URL("../node/signal-server.ts", import.meta.url));
  const node = ["--conditions", "symbolon-source", "--import", "tsx", program, "alone"];
  const env = { ...process.env, NODE_DEBUG: "symbolon" };
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "pipe"], env });
  const closed = once(child, "close");
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const traced = once(createInterface({ input: child.stderr }), "line");
  using client = await connectRawClient(Number(port));
  await client.open("/echo");
  expect(await traced).toEqual([`SYMBOLON ${child.pid}: 1 "/echo" open`]);
  child.kill("SIGKILL");
  await closed;
});
