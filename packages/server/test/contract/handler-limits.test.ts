// S24, mesop #1, CVE-2026-48804: handlers beyond the limits start later. They are neither refused nor dropped.
import { contract, json, request, stream } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { Clock, testNetwork, type TestSocket } from "../../src/testing/index.ts";
import { flushPromises } from "../flush-promises.ts";
import { hello, openSession, keyOf } from "../session/connect-session.ts";

const work = contract("/work", {
  client: {
    note: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    watch: stream({ input: z.number(), output: z.number() }),
  },
});

/** A server whose handlers run until a test ends them. */
function startWorkServer(handlers?: number) {
  const running = new Map<string, () => void>();
  let most = 0;
  const run = (name: string): Promise<void> =>
    new Promise((resolve) => {
      running.set(name, () => {
        running.delete(name);
        resolve();
      });
      most = Math.max(most, running.size);
    });
  const app = createApp({
    clock: new Clock(),
    limits: { messagesPerSecond: Infinity, ...(handlers !== undefined && { handlers }) },
  });
  app.implement(work, (peer) => {
    const { id } = peer;
    return {
      note: (n) => run(`${id} note ${n}`),
      ask: async (n) => {
        await run(`${id} ask ${n}`);
        return n;
      },
      async *watch(n) {
        yield n;
        await run(`${id} watch ${n}`);
      },
    };
  });
  const endAll = async (): Promise<void> => {
    for (const end of Array.from(running.values())) end();
    await flushPromises();
  };
  return { net: testNetwork(app), running, endAll, most: () => most };
}

type WorkServer = ReturnType<typeof startWorkServer>;
let clients = 0;
const open = ({ net }: WorkServer, address: string): Promise<TestSocket> =>
  openSession(net, "/work", { ...hello, key: keyOf(`client ${(clients += 1)}`) }, { address });

/** How many answers a client receives until there are no more. */
async function countAnswers(socket: TestSocket): Promise<number> {
  let answers = 0;
  while ((await socket.peek()) !== undefined)
    if (["reply", "end"].includes(((await socket.receive(json())) as { t: string }).t)) answers += 1;
  return answers;
}

test("of one client 16 requests and streams and one event run at once, and all are handled in the end", async () => {
  const server = startWorkServer();
  const socket = await open(server, "192.0.2.1");
  for (let n = 1; n <= 64; n += 1) {
    if (n === 32) socket.send({ t: "event", name: "note", data: n });
    socket.send({
      t: n % 2 === 0 ? "request" : "stream",
      q: n,
      name: n % 2 === 0 ? "ask" : "watch",
      data: n,
    });
  }
  await flushPromises();
  let answers = 0;
  for (let rounds = 0; answers < 64 && rounds < 100; rounds += 1) {
    expect(server.running.size).toBeLessThanOrEqual(17);
    await server.endAll();
    answers += await countAnswers(socket);
  }
  expect(answers).toBe(64);
  expect(server.most()).toBe(17);
  socket.close();
});

test("a node runs at most so many handlers; the others start when those have ended, and another address finds some free", async () => {
  const server = startWorkServer(40);
  const attackers: TestSocket[] = [];
  for (let n = 0; n < 5; n += 1) attackers.push(await open(server, "198.51.100.1"));
  for (const socket of attackers) {
    for (let q = 1; q <= 16; q += 1)
      socket.send({ t: q % 2 === 0 ? "request" : "stream", q, name: q % 2 === 0 ? "ask" : "watch", data: q });
    socket.send({ t: "event", name: "note", data: 0 });
  }
  await flushPromises();
  expect(server.running.size).toBe(20);

  const other = await open(server, "192.0.2.7");
  for (let q = 1; q <= 5; q += 1) other.send({ t: "request", q, name: "ask", data: q });
  await flushPromises();
  expect(server.running.size).toBe(25);

  let answers = 0;
  for (let rounds = 0; rounds < 50 && answers < 85; rounds += 1) {
    await server.endAll();
    for (const socket of [...attackers, other]) answers += await countAnswers(socket);
    expect(server.running.size).toBeLessThanOrEqual(40);
  }
  expect(answers).toBe(85);
  for (const socket of [...attackers, other]) socket.close();
});

test("a request that is cancelled while it waits never starts, and one that runs frees its place when it ends", async () => {
  const server = startWorkServer(1);
  const socket = await open(server, "192.0.2.1");
  for (const q of [1, 2, 3]) socket.send({ t: "request", q, name: "ask", data: q });
  await flushPromises();
  socket.send({ t: "cancel", q: 2 });
  await flushPromises();
  expect(server.running.size).toBe(1);
  await server.endAll();
  expect([...server.running.keys()].map((name) => name.split(" ").at(-1))).toEqual(["3"]);
  await server.endAll();
  expect(await countAnswers(socket)).toBe(2);
  socket.close();
});

test("a stream that its caller cancels, and one whose handler fails, free their places", async () => {
  const server = startWorkServer(1);
  const socket = await open(server, "192.0.2.1");
  socket.send({ t: "stream", q: 1, name: "watch", data: 1 });
  socket.send({ t: "request", q: 2, name: "ask", data: 2 });
  await flushPromises();
  socket.send({ t: "cancel", q: 1 });
  await flushPromises();
  expect([...server.running.keys()].map((name) => name.split(" ")[1])).toEqual(["watch"]); // it still runs
  await server.endAll();
  expect([...server.running.keys()].map((name) => name.split(" ")[1])).toEqual(["ask"]);
  socket.close();
});
