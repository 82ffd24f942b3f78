import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pairing, type Told } from "./both.ts";
import { undoAll, until, watchCrashes } from "../connection/servers.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

describe.each([
  ["memory", "client"],
  ["memory", "server"],
  ["sockets", "client"],
  ["sockets", "server"],
] as const)("over %s, what the %s feeds to a stream", (network, asking) => {
  test.each(["its signal", "its timeout", "leaving the loop"])(
    "ends when that is given up by %s, and so does its handler",
    async (how) => {
      const { asker, answering, clock } = await pairing(network, asking);
      const log: string[] = [];
      const said = (line: string) => until(() => log.includes(line));
      answering.echo = async function* (_: string, { signal, upload }: Required<Told>) {
        signal.addEventListener("abort", () => log.push("aborted"));
        try {
          yield* upload;
        } finally {
          log.push("handler ended");
        }
      };
      async function* feed() {
        try {
          yield 1;
          log.push("waits");
          await said("aborted");
          yield 2;
        } finally {
          log.push("feed ended");
        }
      }
      const enough = new AbortController();
      const options = {
        upload: feed(),
        ...(how === "its signal" && { signal: enough.signal }),
        ...(how === "its timeout" && { timeout: 30 }),
      };
      const reading = (async () => {
        for await (const item of asker.stream("echo", "", options)) {
          log.push("heard");
          if (how === "leaving the loop") return item;
        }
        return "all";
      })();
      const outcome = reading.catch((error: unknown) => error);
      await said("waits");
      await said("heard"); // so the handler runs, and does not end before its turn
      enough.abort(new Error("enough"));
      clock.advance(30); // a server's time; that of a client passes by itself
      const expected = {
        "its signal": new Error("enough"),
        "its timeout": expect.objectContaining({ code: "TIMEOUT" }),
        "leaving the loop": 1,
      };
      expect(await outcome).toEqual(expected[how as keyof typeof expected]);
      await said("handler ended");
      await said("feed ended");
      expect(log.indexOf("aborted")).toBeLessThan(log.indexOf("feed ended"));
    },
  );
});
