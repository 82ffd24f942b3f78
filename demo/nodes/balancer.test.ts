import { once } from "node:events";
import {
  connect,
  createServer,
  type AddressInfo,
  type NetConnectOpts,
  type Server,
  type Socket,
} from "node:net";
import { buffer, text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { waitOptions } from "../../test/time-limits.ts";
import { Balancer, type BalancerOptions } from "./balancer.ts";

/** Starts a server that lets `serve` handle each connection until the end of the test. */
async function startTarget(serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on("error", () => {}));
    serve(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  return server;
}

function addressOf(server: Server): NetConnectOpts {
  return { port: (server.address() as AddressInfo).port, host: "127.0.0.1" };
}

/** A target that sends its name and closes. */
async function startNamed(name: string): Promise<Server> {
  return startTarget((socket) => socket.end(name));
}

async function startBalancer(targets: readonly Server[], options?: BalancerOptions): Promise<Balancer> {
  const balancer = await Balancer.start(targets.map(addressOf), { host: "127.0.0.1", ...options });
  onTestFinished(() => balancer.close());
  return balancer;
}

function dial({ port }: Balancer): Socket {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Connects `count` times, one after another. @returns what each connection received. */
async function receive(balancer: Balancer, count: number): Promise<string[]> {
  const received: string[] = [];
  while (received.length < count) received.push(await text(dial(balancer)));
  return received;
}

test("each target has as many connections as go to it, until they close", async () => {
  const answerEnd = (socket: Socket) => socket.resume().on("end", () => socket.end());
  const targets = [await startTarget(answerEnd), await startTarget(answerEnd)].map(addressOf);
  const balancer = await Balancer.start(targets, { host: "127.0.0.1" });
  onTestFinished(() => balancer.close());
  const counts = () => targets.map((target) => balancer.connections(target));
  const sockets = [dial(balancer), dial(balancer), dial(balancer)];
  await vi.waitFor(() => expect(counts()).toEqual([2, 1]), waitOptions);
  sockets[0]?.destroy();
  await vi.waitFor(() => expect(counts()).toEqual([1, 1]), waitOptions);
});

test("connections go to the targets in turn", async () => {
  const balancer = await startBalancer([await startNamed("a"), await startNamed("b"), await startNamed("c")]);
  expect(await receive(balancer, 5)).toEqual(["a", "b", "c", "a", "b"]);
});

test("a target that refuses is skipped, and comes back into its turn", async () => {
  const b = await startNamed("b");
  const targets = [await startNamed("a"), b, await startNamed("c")];
  const balancer = await startBalancer(targets);
  const address = b.address() as AddressInfo;
  await once(b.close(), "close");
  expect(await receive(balancer, 4)).toEqual(["a", "c", "c", "a"]);
  await once(b.listen(address.port, "127.0.0.1"), "listening");
  expect(await receive(balancer, 3)).toEqual(["b", "c", "a"]);
});

test("a connection is closed when every target refuses", async () => {
  const a = await startNamed("a");
  const balancer = await startBalancer([a]);
  await once(a.close(), "close");
  expect(await receive(balancer, 1)).toEqual([""]);
});

test("what a client sends before the target has accepted arrives, and large data arrives whole in both directions", async () => {
  const echo = await startTarget((socket) => socket.pipe(socket));
  const balancer = await startBalancer([echo]);
  const data = Buffer.alloc(4 * 1024 * 1024, "0123456789");
  const socket = dial(balancer);
  socket.end(data); // the target answers after the client has ended its own direction
  expect((await buffer(socket)).equals(data)).toBe(true);
});

test("a connection that one side resets ends at the other side", async () => {
  const accepted: Socket[] = [];
  const target = await startTarget((socket) => {
    accepted.push(socket.resume());
    socket.write("ready");
  });
  const balancer = await startBalancer([target]);
  for (const side of ["target", "client"] as const) {
    const client = dial(balancer);
    await once(client, "data");
    const served = accepted.pop();
    if (!served) throw new Error("the target has no connection");
    const [one, other] = side === "target" ? [served, client] : [client, served];
    const ended = once(other, "end");
    one.resetAndDestroy();
    await ended;
    expect(other.readableEnded).toBe(true);
  }
});

test("close ends the connections", async () => {
  const target = await startTarget((socket) => socket.write("ready"));
  const balancer = await startBalancer([target]);
  const client = dial(balancer);
  await once(client, "data");
  const closed = once(client, "close");
  balancer.close();
  await closed;
  expect(client.destroyed).toBe(true);
});

test("the PROXY header names the client, and what the client sends follows it", async () => {
  const echo = await startTarget((socket) => socket.pipe(socket));
  const balancer = await startBalancer([echo], { proxyProtocol: true });
  const socket = dial(balancer);
  await once(socket, "connect");
  const { localPort } = socket;
  socket.end("hello");
  expect(await text(socket)).toBe(`PROXY TCP4 127.0.0.1 127.0.0.1 ${localPort} ${balancer.port}\r\nhello`);
});

test("the PROXY header has the plain form of an IPv4 address when the balancer listens at all addresses", async () => {
  const echo = await startTarget((socket) => socket.pipe(socket));
  const balancer = await startBalancer([echo], { proxyProtocol: true, host: "::" });
  const socket = dial(balancer);
  socket.end();
  expect(await text(socket)).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
});

test("a target that does not answer gets a connection only if no other one accepts it", async () => {
  const [one, two] = [await startNamed("one"), await startNamed("two")];
  const targets = [addressOf(one), addressOf(two)];
  const balancer = await Balancer.start(targets, { host: "127.0.0.1" });
  onTestFinished(() => balancer.close());
  const [first = {} as NetConnectOpts] = targets;
  balancer.setHealthy(first, false);
  expect(await receive(balancer, 2)).toEqual(["two", "two"]);
  two.close();
  await once(two, "close");
  expect(await receive(balancer, 1)).toEqual(["one"]);
  balancer.setHealthy(first, true);
  expect(await receive(balancer, 1)).toEqual(["one"]);
});
