/** Sends frames to a real server as PROTOCOL.md describes them under "Resume", and compares the answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../interop/start.ts";
import {
  connectRawClient,
  opcodes,
  type RawClient,
  rawFrame,
} from "../packages/server/test/node/raw-client.ts";

type Frame = Readonly<Record<string, unknown>>;

let server: RunningServer | undefined;
let clients = 0;
const wires: RawClient[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => {
  for (const wire of wires) wire[Symbol.dispose]();
  server?.stop();
});

test("a session resumes at the positions of both peers", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ s: 1, ...postEvent(1) });
  expect(await client.receive()).toMatchObject({ s: 1, t: "event", data: 1 });
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
  client.terminate();
  const { state, rx } = await client.connect({ ...key, rx: 0, tx0: 2 });
  expect([state, rx]).toEqual(["resumed", 1]);
  expect(await client.receive()).toMatchObject({ s: 1, t: "event", data: 1 });
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
  client.send({ s: 2, a: 1, ...postEvent(2) });
  expect(await client.receive()).toMatchObject({ s: 2, t: "event", data: 2 });
});

test("the server sends an unacknowledged error again before the acknowledgement of its event", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ s: 1, t: "event", name: "post", data: "one", q: 1 });
  expect(await client.receive()).toMatchObject({ s: 1, t: "error", re: 1, code: "INVALID" });
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
  client.terminate();
  expect(await client.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed", rx: 1 });
  const again = await client.receive();
  expect(again).toMatchObject({ s: 1, t: "error", re: 1, code: "INVALID" });
  expect(again).not.toHaveProperty("a");
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
});

test("the server ignores a message that it has received before, and acknowledges it again", async () => {
  const client = new SessionClient();
  await client.connect();
  client.send({ s: 1, ...postEvent(1) });
  expect(await client.receive()).toMatchObject({ s: 1, t: "event" });
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
  client.send({ s: 1, ...postEvent(1) });
  expect(await client.receive()).toEqual({ t: "ack", a: 1 });
  client.send({ t: "ping", n: 7 });
  expect(await client.receive()).toEqual({ t: "pong", n: 7 });
});

test("the server closes with 4902 when a message is missing, and the session can resume", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ s: 2, ...postEvent(2) });
  expect(await client.closeCode()).toBe(4902);
  expect(await client.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed", rx: 0 });
});

test("an acknowledgement excludes a request that is still being handled", async () => {
  const client = new SessionClient(undefined, 0, "/everything");
  await client.connect();
  client.send({ s: 1, t: "request", q: 1, name: "wait" });
  client.send({ s: 2, t: "event", name: "post", data: "two" });
  expect(await client.receive()).toEqual({ t: "ack", a: 2, but: [1] });
  client.send({ s: 3, t: "cancel", q: 1 });
  expect(await client.receive()).toEqual({ t: "ack", a: 3 });
});

test("the server handles a volatile event without an acknowledgement", async () => {
  const client = new SessionClient();
  await client.connect();
  client.send({ t: "event", name: "post", data: 7 });
  expect(await client.receive()).toMatchObject({ s: 1, t: "event", data: 7 });
  client.send({ t: "ping", n: 7 });
  expect(await client.receive()).toEqual({ t: "pong", n: 7 });
});

test("a client whose welcome was lost gets the same session again", async () => {
  const client = new SessionClient();
  const first = await client.connect();
  client.terminate();
  expect(await client.connect()).toMatchObject({ state: "new", rx: 0, key: first.key });
});

test("a client that has sent a frame gets another session for a new hello", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ t: "ping", n: 7 });
  await client.receiveUntil("pong");
  client.terminate();
  const second = await client.connect();
  expect(second.state).toBe("new");
  expect(second.key).not.toEqual(key);
  client.terminate();
  expect(await client.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

test("the server closes a wire of an older attempt with 4900, and the newer wire stays open", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  const older = new SessionClient(client.cid);
  await older.open({ ...key, rx: 0, tx0: 1 });
  expect(await older.closeCode()).toBe(4900);
  client.send({ s: 1, ...postEvent(1) });
  expect(await client.receive()).toMatchObject({ s: 1, t: "event", data: 1 });
});

test("a newer wire replaces the older wire at once", async () => {
  const first = new SessionClient();
  const { key } = await first.connect();
  const second = new SessionClient(first.cid, 1);
  expect(await second.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "resumed" });
  expect(await first.closeCode()).toBe(4900);
});

test.each([
  ["an unknown session", { sid: "unknown" }],
  ["a wrong secret", { rt: "guessed" }],
])("the server answers %s with a reset, and does not reveal the reason", async (_, wrong) => {
  const owner = new SessionClient();
  const { key } = await owner.connect();
  const other = new SessionClient();
  const answer = await other.connect({ ...key, ...wrong, rx: 0, tx0: 1 });
  expect(answer).toMatchObject({ state: "reset", why: "unknown", rx: 0 });
  expect(answer.key["sid"]).not.toBe(key["sid"]);
  owner.send({ s: 1, ...postEvent(1) });
  expect(await owner.receive()).toMatchObject({ s: 1, t: "event", data: 1 });
});

test.each([
  ["another epoch", { ep: "another" }],
  ["a position beyond the last message", { rx: 1 }],
  ["an outbox that starts after the next message", { tx0: 2 }],
])("the server resets a session that resumes with %s", async (_, wrong) => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.terminate();
  expect(await client.connect({ ...key, rx: 0, tx0: 1, ...wrong })).toMatchObject({
    state: "reset",
    why: "lost",
  });
});

test("the server closes with 4400 and ends the session when the client acknowledges a message that was never sent", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ t: "ack", a: 1 });
  expect(await client.closeCode()).toBe(4400);
  expect(await client.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

test("`bye` ends the session", async () => {
  const client = new SessionClient();
  const { key } = await client.connect();
  client.send({ t: "bye" });
  expect(await client.closeCode()).toBe(1000);
  expect(await client.connect({ ...key, rx: 0, tx0: 1 })).toMatchObject({ state: "reset", why: "unknown" });
});

/** An event that the server answers with the same data. */
function postEvent(n: number): Frame {
  return { t: "event", name: "post", data: n };
}

/** A client that writes its frames by hand, over one wire after another. */
class SessionClient {
  readonly cid: string;
  readonly key: string;
  readonly #path: string;
  #attempts: number;
  #wire: RawClient | undefined;

  constructor(cid = `client ${(clients += 1)}`, attempts = 0, path = "/numbers") {
    this.cid = cid;
    this.key = cid.padEnd(43, "_");
    this.#path = path;
    this.#attempts = attempts;
  }

  /** Opens a wire and sends `hello`. */
  async open(resume?: Frame): Promise<void> {
    this.#wire = await connectRawClient(Number(new URL(server?.url ?? "").port));
    wires.push(this.#wire);
    const { status } = await this.#wire.open(`${this.#path}/${encodeURIComponent(this.cid)}`, {
      "Sec-WebSocket-Protocol": "symbolon.v1.json",
    });
    if (status !== 101) throw new Error(`the server refused the wire with ${status}`);
    this.#attempts += 1;
    this.send({
      t: "hello",
      v: 1,
      cid: this.cid,
      key: this.key,
      att: this.#attempts,
      w: 256,
      wb: 2 ** 20,
      resume,
    });
  }

  /** Opens a wire and receives the `welcome`. Its `key` has the fields that resume the session. */
  async connect(resume?: Frame): Promise<Frame & { readonly key: Frame }> {
    await this.open(resume);
    const { sid, rt, ep, ...welcome } = await this.receive();
    return { ...welcome, key: { sid, rt, ep } };
  }

  send(frame: Frame): void {
    this.#openWire.write(rawFrame(opcodes.text, JSON.stringify(frame)));
  }

  /** Receives the next frame. Skips the frames of rooms, which are not part of the sequence. */
  async receive(): Promise<Frame> {
    for (;;) {
      const frame = JSON.parse(await this.#openWire.text()) as Frame;
      if (!("room" in frame)) return frame;
    }
  }

  /** Receives frames up to the first of the given type. */
  async receiveUntil(t: string): Promise<Frame[]> {
    const frames = [await this.receive()];
    while (frames.at(-1)?.["t"] !== t) frames.push(await this.receive());
    return frames;
  }

  /** Ends the wire without a close frame. */
  terminate(): void {
    this.#openWire[Symbol.dispose]();
  }

  /** Receives the code with which the server closes, and answers with the same close frame. */
  async closeCode(): Promise<number> {
    for (;;) {
      const { opcode, payload } = await this.#openWire.frame();
      if (opcode !== opcodes.close) continue;
      this.#openWire.write(rawFrame(opcodes.close, payload));
      return payload.readUInt16BE(0);
    }
  }

  get #openWire(): RawClient {
    if (this.#wire === undefined) throw new Error("the client has no wire");
    return this.#wire;
  }
}
