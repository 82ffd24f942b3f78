import { vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import type { SocketHandler } from "../../src/socket/serve-socket.ts";
import type { Socket } from "../../src/socket/socket.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** Serves one WebSocket. */
export type Handler = SocketHandler<Socket, unknown>;

/** An app whose one raw route is served by `handler`. */
export function serving(handler: Handler) {
  const onError = vi.fn();
  const app = createApp({ onError });
  app.ws("/", handler);
  return { net: testNetwork(app), onError };
}

/** How the server refused. */
export async function refusal(handler: Handler) {
  const { net, onError } = serving(handler);
  const error: unknown = await net.connect("/").catch((error: unknown) => error);
  return { response: (error as { response: Response }).response, onError };
}

/** How the connection ended. */
export async function end(handler: Handler, ...said: unknown[]) {
  const { net, onError } = serving(handler);
  const socket = await net.connect("/");
  for (const one of said) socket.send(one);
  return { closed: await socket.closed, onError };
}
