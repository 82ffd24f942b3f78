/** What tests need whose clients go from one server to another. */
import type { TestNetwork } from "@symbolon/server/testing";
import { beforeEach, onTestFinished, vi } from "vitest";

/** In each test of the file, no wait of a client takes time. */
export function retryAtOnce(): void {
  beforeEach(() => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
  });
}

/** The `WebSocket` option of a client that dials the server which `net` returns at that moment. */
export function socketsOf(net: () => TestNetwork): never {
  return class {
    constructor(url: string, protocols: string[]) {
      const { WebSocket } = net();
      return new WebSocket(url, protocols);
    }
  } as never;
}
