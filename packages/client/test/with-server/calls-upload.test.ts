import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CallOptions, connectPeers } from "./peer-pair.ts";
import { undoAll, until, watchCrashes } from "../connection/servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe.each([
  ["memory", "client"],
  ["memory", "server"],
  ["sockets", "client"],
  ["sockets", "server"],
] as const)("over %s, an upload of the %s", (network, calling) => {
  test.each(["signal", "timeout", "break"])(
    "ends together with the handler when the stream is cancelled by its %s",
    async (cancellation) => {
      const { caller, handlers, clock } = await connectPeers(network, calling);
      const log: string[] = [];
      const logged = (line: string) => until(() => log.includes(line));
      handlers.echo = async function* (_: string, { signal, upload }: Required<CallOptions>) {
        signal.addEventListener("abort", () => log.push("aborted"));
        try {
          yield* upload;
        } finally {
          log.push("handler ended");
        }
      };
      async function* uploadItems() {
        try {
          yield 1;
          log.push("upload waits");
          await logged("aborted");
          yield 2;
        } finally {
          log.push("upload ended");
        }
      }
      const controller = new AbortController();
      const options = {
        upload: uploadItems(),
        ...(cancellation === "signal" && { signal: controller.signal }),
        ...(cancellation === "timeout" && { timeout: 30 }),
      };
      const reading = (async () => {
        for await (const item of caller.stream("echo", "", options)) {
          log.push("item received");
          if (cancellation === "break") return item;
        }
        return "all";
      })();
      const outcome = reading.catch((error: unknown) => error);
      await logged("upload waits");
      await logged("item received"); // the handler is running
      controller.abort(new Error("enough"));
      clock.advance(30); // the time of the server; the client uses real time
      const expected = {
        signal: new Error("enough"),
        timeout: expect.objectContaining({ code: "TIMEOUT" }),
        break: 1,
      };
      expect(await outcome).toEqual(expected[cancellation as keyof typeof expected]);
      await logged("handler ended");
      await logged("upload ended");
      expect(log.indexOf("aborted")).toBeLessThan(log.indexOf("upload ended"));
    },
  );
});
