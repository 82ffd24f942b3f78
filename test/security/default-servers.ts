/** Servers of apps without options, and clients that write every byte themselves. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contract, request, stream } from "@symbolon/protocol";
import { callFrames, type Frame, type Stamp } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp } from "@symbolon/server";
import { attach, serve } from "@symbolon/server/node";
import { z } from "zod";
import {
  connectRawClient,
  handshake,
  opcodes,
  type RawClient,
  rawFrame,
  type ResponseHead,
} from "../../packages/server/test/node/raw-client.ts";
import { hello } from "../../packages/server/test/session/connect-session.ts";

/** How an app is served. */
export const transports = ["serve", "attach"] as const;
export type Transport = (typeof transports)[number];

/** How a client speaks to it. */
export const modes = ["raw", "plain", "symbolon.v1.json", "symbolon.v1.msgpack"] as const;
export type Mode = (typeof modes)[number];

/** Each transport with each mode. */
export const combinations: readonly (readonly [Transport, Mode])[] = transports.flatMap((transport) =>
  modes.map((mode) => [transport, mode] as const),
);

/** The modes of a contract's route. */
export type ContractMode = Exclude<Mode, "raw">;
export const contractCombinations = combinations.filter(
  (combination): combination is readonly [Transport, ContractMode] => combination[1] !== "raw",
);

/** Whether a mode has sessions. */
export function hasSession(mode: Mode): boolean {
  return mode.startsWith("symbolon");
}

const notes = contract("/notes", {
  client: {
    post: z.unknown(),
    throws: z.string(),
    echo: request({ input: z.unknown(), output: z.unknown() }),
    rejects: request({ input: z.unknown(), output: z.unknown() }),
    items: stream({ input: z.unknown(), output: z.number() }),
  },
  server: { posted: z.unknown() },
});

/** Serves an app without options, as in production: with MessagePack besides JSON, which is a choice, and bound to a loopback address. */
export async function startDefaultServer(transport: Transport) {
  const { NODE_ENV } = process.env;
  process.env["NODE_ENV"] = "production"; // the server reads it when it is made
  try {
    return await serveDefaultApp(transport);
  } finally {
    process.env["NODE_ENV"] = NODE_ENV;
  }
}

async function serveDefaultApp(transport: Transport) {
  const handled: unknown[] = [];
  const app = createApp({ codecs: [msgpack] });
  app.ws("/raw", async (socket) => {
    for await (const message of socket) {
      handled.push(message);
      await socket.send(message);
    }
  });
  app.implement(notes, (peer) => ({
    post: (data) => {
      handled.push(data);
      peer.send("posted", data);
    },
    throws: (text) => {
      throw new Error(`a secret: ${text}`);
    },
    echo: (data) => data,
    rejects: async () => Promise.reject(new Error("a secret")),
    *items() {
      for (let item = 0; ; item += 1) yield item;
    },
  }));
  if (transport === "serve") {
    const server = await serve(app, { port: 0, host: "127.0.0.1", signals: false });
    return { app, port: server.port, handled, close: () => server.close() };
  }
  const http = createServer();
  const attached = attach(http, app);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const close = async (): Promise<void> => {
    await attached.close();
    http.close();
    http.closeAllConnections();
  };
  return { app, port: (http.address() as AddressInfo).port, handled, close };
}

/** The path of the route for clients of a mode. */
export function pathOf(mode: Mode): string {
  return mode === "raw" ? "/raw" : "/notes";
}

/** The headers by which a client chooses a mode. */
export function headersOf(mode: Mode): Record<string, string> {
  return hasSession(mode) ? { "Sec-WebSocket-Protocol": mode } : {};
}

/** Sends the bytes of a request, and resolves with the head of the response. */
export async function sendRequest(port: number, text: string): Promise<ResponseHead> {
  using client = await connectRawClient(port);
  client.write(text);
  return await client.response();
}

/** The handshake of a client of a mode. */
export function handshakeOf(
  mode: Mode,
  headers: Record<string, string | undefined> = {},
  { path = pathOf(mode), method = "GET" } = {},
): string {
  return handshake(path, { ...headersOf(mode), ...headers }, method);
}

/** Values that no number of a frame may have. */
export const numbers: unknown[] = [0, -1, 0.5, -(2 ** 53), 2 ** 53, 1e300, "1", null, true, [], {}];

let clients = 0;

/** Connects a client; a session has its welcome already. */
export async function connect(port: number, mode: Mode): Promise<RawClient> {
  const client = await connectRawClient(port);
  const { status } = await client.open(pathOf(mode), headersOf(mode));
  if (status !== 101) throw new Error(`refused with ${status}`);
  if (hasSession(mode)) {
    const key = `client ${(clients += 1)}`.padEnd(43, "_");
    client.write(rawFrame(opcodes.text, JSON.stringify({ ...hello, key })));
    await client.frame();
  }
  return client;
}

/** The bytes of a frame in the codec of a mode. */
export function write(mode: Mode, frame: object): Buffer {
  if (mode !== "symbolon.v1.msgpack") return rawFrame(opcodes.text, JSON.stringify(frame));
  const message = msgpack.write(frame as Frame & Stamp);
  return rawFrame(typeof message === "string" ? opcodes.text : opcodes.binary, message);
}

/** Checks that a server still answers another client in a mode. */
export async function echoes(port: number, mode: Mode): Promise<boolean> {
  using client = await connect(port, mode);
  if (mode === "raw") {
    client.write(rawFrame(opcodes.text, "still there?"));
    return (await client.text()) === "still there?";
  }
  client.write(write(mode, { ...(hasSession(mode) && { s: 1 }), t: "request", q: 1, name: "echo", data: 7 }));
  return (await client.frame()).payload.length > 0;
}

/** The next frame that is not an acknowledgement. */
export async function nextFrame(client: RawClient): Promise<Record<string, unknown>> {
  for (;;) {
    const { opcode, payload } = await client.frame();
    if (opcode === opcodes.close) return { closed: payload.readUInt16BE(0) };
    const message = opcode === opcodes.text ? payload.toString() : new Uint8Array(payload);
    const {
      s: _s,
      a: _a,
      ...frame
    } = msgpack.read(message, { shapes: callFrames }) as never as Record<string, unknown>;
    if (frame["t"] !== "ack") return frame;
  }
}
