import { vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { SocketHandler } from "../../src/socket/serve-socket.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** Serves one WebSocket. */
export type Handler = SocketHandler<Socket, unknown>;

/** A network to an app whose one raw route `handler` serves. */
export function serveHandler(handler: Handler) {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.ws("/", handler);
  return { net: testNetwork(app), onError };
}

/** Connects to a handler that refuses. Resolves with the response. */
export async function connectRefused(handler: Handler) {
  const { net, onError } = serveHandler(handler);
  const error: unknown = await net.connect("/").catch((error: unknown) => error);
  return { response: (error as { response: Response }).response, onError };
}

/** Connects to a handler and sends messages. Resolves when the connection has closed. */
export async function connectUntilClosed(handler: Handler, ...messages: unknown[]) {
  const { net, onError } = serveHandler(handler);
  const socket = await net.connect("/");
  for (const message of messages) socket.send(message);
  return { closed: await socket.closed, onError };
}
