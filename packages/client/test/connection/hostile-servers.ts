import { contract, request, stream } from "@symbolon/protocol";
import type { WebSocket } from "ws";
import { z } from "zod";
import { connect, type ConnectOptions, type ConnectionStatus } from "../../src/index.ts";
import { welcome } from "./fakes.ts";
import { startServer, undo } from "./servers.ts";

/** The contract of the clients. */
export const chat = contract("/", {
  client: {
    post: z.number(),
    ask: request({ input: z.number(), output: z.number() }),
    list: stream({ input: z.number(), output: z.string() }),
  },
  server: { posted: z.unknown(), guess: request({ input: z.number(), output: z.number() }) },
});

/** Connects a client, and records its status. */
export function startClient(url: string, options: Partial<ConnectOptions<typeof chat>> = {}) {
  const client = connect(chat, { url, ...options });
  const statuses: ConnectionStatus[] = [];
  client.status.subscribe((status) => statuses.push(status));
  client.opened.catch(() => {});
  undo.push(() => client.close());
  return { client, statuses };
}

/** Starts a server that accepts sessions, and then does to each what `attack` does. */
export async function startHostileServer(attack: (socket: WebSocket, wires: number) => unknown, port = 0) {
  const started = await startServer({ handleProtocols: () => "symbolon.v1.json", port });
  started.server.on("connection", (socket) => {
    const wires = started.sockets.length;
    socket.once("message", () => {
      socket.send(welcome(wires > 1 ? { state: "resumed" } : {}));
      void attack(socket, wires);
    });
  });
  return started;
}

/** Sends frames until the client leaves, or there are too many. Waits for the socket as a fast server does. */
export async function flood(
  socket: WebSocket,
  frameOf: (n: number) => string,
  most = 200_000,
): Promise<number> {
  for (let n = 1; n <= most; n += 1) {
    if (socket.readyState !== 1) return n;
    socket.send(frameOf(n));
    if (n % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    while (socket.bufferedAmount > 2 ** 20 && socket.readyState === 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
  return most;
}
