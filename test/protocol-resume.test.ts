/** Says `hello` to a real server as PROTOCOL.md has it under "Resume", frame by frame, and hears what it says there. */
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Running, startServer } from "../interop/start.ts";

type Frame = Readonly<Record<string, unknown>>;

let server: Running | undefined;
let clients = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

test("a session goes on where each half says that it was", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ s: 1, ...telling(1) });
  expect(await client.hear()).toMatchObject({ s: 1, t: "event", data: 1 });
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
  client.cut();
  const { state, rx } = await client.dial({ ...key, rx: 0, tx0: 2 });
  expect([state, rx]).toEqual(["resumed", 1]);
  expect(await client.hear()).toMatchObject({ s: 1, t: "event", data: 1 });
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
  client.say({ s: 2, a: 1, ...telling(2) });
  expect(await client.hear()).toMatchObject({ s: 2, t: "event", data: 2 });
});

test("an error that is sent again comes before the acknowledgement of its event", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ s: 1, t: "event", name: "tell", data: "one", q: 1 });
  expect(await client.hear()).toMatchObject({ s: 1, t: "error", re: 1, code: "INVALID" });
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
  client.cut();
  expect(await client.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed", rx: 1 });
  const again = await client.hear();
  expect(again).toMatchObject({ s: 1, t: "error", re: 1, code: "INVALID" });
  expect(again).not.toHaveProperty("a");
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
});

test("what was said before is not taken again, and is acknowledged again", async () => {
  const client = new Client();
  await client.dial();
  client.say({ s: 1, ...telling(1) });
  expect(await client.hear()).toMatchObject({ s: 1, t: "event" });
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
  client.say({ s: 1, ...telling(1) });
  expect(await client.hear()).toEqual({ t: "ack", a: 1 });
  client.say({ t: "ping", n: 7 });
  expect(await client.hear()).toEqual({ t: "pong", n: 7 });
});

test("what comes too early closes with 4902, and the session goes on", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ s: 2, ...telling(2) });
  expect(await client.end()).toBe(4902);
  expect(await client.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed", rx: 0 });
});

test("a request that is still being handled is left out of the acknowledgement", async () => {
  const client = new Client(undefined, 0, "/everything");
  await client.dial();
  client.say({ s: 1, t: "request", q: 1, name: "wait" });
  client.say({ s: 2, t: "event", name: "say", data: "two" });
  expect(await client.hear()).toEqual({ t: "ack", a: 2, but: [1] });
  client.say({ s: 3, t: "cancel", q: 1 });
  expect(await client.hear()).toEqual({ t: "ack", a: 3 });
});

test("a volatile event is handled, and not acknowledged", async () => {
  const client = new Client();
  await client.dial();
  client.say({ t: "event", name: "tell", data: 7 });
  expect(await client.hear()).toMatchObject({ s: 1, t: "event", data: 7 });
  client.say({ t: "ping", n: 7 });
  expect(await client.hear()).toEqual({ t: "pong", n: 7 });
});

test("whose welcome was lost is given the same session once more", async () => {
  const client = new Client();
  const first = await client.dial();
  client.cut();
  expect(await client.dial()).toMatchObject({ state: "new", rx: 0, key: first.key });
});

test("who has said something and says hello anew is given another session", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ t: "ping", n: 7 });
  await client.until("pong");
  client.cut();
  const second = await client.dial();
  expect(second.state).toBe("new");
  expect(second.key).not.toEqual(key);
  client.cut();
  expect(await client.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

test("a dial that is older than the last one is closed with 4900, and changes nothing", async () => {
  const client = new Client();
  const { key } = await client.dial();
  const stale = new Client(client.cid);
  await stale.open({ ...key, rx: 0, tx0: 1 });
  expect(await stale.end()).toBe(4900);
  client.say({ s: 1, ...telling(1) });
  expect(await client.hear()).toMatchObject({ s: 1, t: "event", data: 1 });
});

test("a newer wire takes over at once", async () => {
  const old = new Client();
  const { key } = await old.dial();
  const young = new Client(old.cid, 1);
  expect(await young.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed" });
  expect(await old.end()).toBe(4900);
});

test.each([
  ["no such session", { sid: "nobody's" }],
  ["another secret", { rt: "guessed" }],
])("%s: the answer is a reset, and nothing is said of why", async (_, wrong) => {
  const owner = new Client();
  const { key } = await owner.dial();
  const other = new Client();
  const answer = await other.dial({ ...key, ...wrong, rx: 0, tx0: 1 });
  expect(answer).toMatchObject({ state: "reset", why: "unknown", rx: 0 });
  expect(answer.key["sid"]).not.toBe(key["sid"]);
  owner.say({ s: 1, ...telling(1) });
  expect(await owner.hear()).toMatchObject({ s: 1, t: "event", data: 1 });
});

test.each([
  ["another history", { ep: "another" }],
  ["more than was ever sent", { rx: 1 }],
  ["less than the server has", { tx0: 2 }],
])("%s: nothing can be proven, and the session is reset", async (_, wrong) => {
  const client = new Client();
  const { key } = await client.dial();
  client.cut();
  expect(await client.dial({ ...key, rx: 0, tx0: 1, ...wrong })).toMatchObject({
    state: "reset",
    why: "lost",
  });
});

test("who acknowledges what was never sent is closed with 4400, for good", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ t: "ack", a: 1 });
  expect(await client.end()).toBe(4400);
  expect(await client.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

test("bye ends the session", async () => {
  const client = new Client();
  const { key } = await client.dial();
  client.say({ t: "bye" });
  expect(await client.end()).toBe(1000);
  expect(await client.dial({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

function telling(n: number): Frame {
  return { t: "event", name: "tell", data: n };
}

/** One instance of a client, by hand: one wire after another. */
class Client {
  readonly cid: string;
  readonly #path: string;
  #dials: number;
  #socket: WebSocket | undefined;
  #heard: Frame[] = [];
  #code: Promise<number> | undefined;

  constructor(cid = `client ${(clients += 1)}`, dials = 0, path = "/tally") {
    this.cid = cid;
    this.#path = path;
    this.#dials = dials;
  }

  async open(resume?: Frame): Promise<void> {
    const url = `${server?.url.replace("http", "ws")}${this.#path}/${encodeURIComponent(this.cid)}`;
    const socket = new WebSocket(url, ["symbolon.v1.json"]);
    this.#socket = socket;
    const heard: Frame[] = [];
    this.#heard = heard;
    socket.on("message", (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (!("room" in frame)) heard.push(frame); // rooms are no part of the sequence
    });
    this.#code = new Promise((resolve) => socket.once("close", resolve));
    await once(socket, "open");
    this.#dials += 1;
    this.say({ t: "hello", v: 1, cid: this.cid, att: this.#dials, w: 256, wb: 2 ** 20, resume });
  }

  /** Says `hello`; gives the `welcome`, with what resumes the session as its `key`. */
  async dial(resume?: Frame): Promise<Frame & { readonly key: Frame }> {
    await this.open(resume);
    const { sid, rt, ep, ...welcome } = await this.hear();
    return { ...welcome, key: { sid, rt, ep } };
  }

  say(frame: Frame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  async hear(): Promise<Frame> {
    while (this.#heard.length === 0 && this.#socket) await once(this.#socket, "message");
    return this.#heard.shift() ?? {};
  }

  /** Everything up to a frame of that kind. */
  async until(t: string): Promise<Frame[]> {
    const frames = [await this.hear()];
    while (frames.at(-1)?.["t"] !== t) frames.push(await this.hear());
    return frames;
  }

  /** The network fails. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** The code with which the server closes. */
  async end(): Promise<number | undefined> {
    return this.#code;
  }
}
