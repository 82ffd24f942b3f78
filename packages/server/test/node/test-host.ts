import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type AppOptions, createApp } from "@symbolon/server";
import { Clock } from "@symbolon/server/testing";
import { expect, vi } from "vitest";
import { waitOptions } from "../../../../test/time-limits.ts";

/** An app with an echo at `path`. */
export function createEchoApp(path = "/echo", options: AppOptions = {}) {
  const app = createApp(options);
  app.ws(path, async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  return app;
}

/** A server of the test's own, until its scope ends. */
export async function startHost(listener?: RequestListener) {
  const server = createServer(listener);
  server.listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    server,
    port,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A clock, and a promise that resolves once there is a deadline on it. */
export function createDeadlineClock() {
  const clock = new Clock();
  const deadline = vi.spyOn(clock, "after");
  const deadlineSet = (): Promise<void> => vi.waitFor(() => expect(deadline).toHaveBeenCalled(), waitOptions);
  return { clock, deadlineSet };
}
