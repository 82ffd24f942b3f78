/** What a handler holds until it has finished, and no room counts, is bounded. */
import { contract, request } from "@symbolon/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { RoomsOptions } from "../../src/contract/contract-room.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { hello, openSession, receiveFrame } from "../session/connect-session.ts";

const board = contract("/board", {
  client: { fill: request({ input: z.object({ count: z.number(), size: z.number() }), output: z.null() }) },
  server: { cursor: z.string() },
});

/** Starts a server whose handler of `fill` sends `count` events of a size to a room without members. */
async function startFillServer(rooms: RoomsOptions<typeof board>, volatile: boolean) {
  const app = createApp({ onError: () => {} });
  let sent = 0;
  app.implement(board, { rooms }, () => ({
    fill: ({ count, size }, call) => {
      const room = call.room("all");
      for (sent = 0; sent < count; sent += 1) room.send("cursor", "x".repeat(size), { volatile });
      return null;
    },
  }));
  const ada = await openSession(testNetwork(app), "/board", { ...hello, w: 256, wb: 2 ** 20 });
  return { ada, sentOf: () => sent };
}

const [forgetful, remembering] = [{ memory: false }, {}] as const;
// Each counts 256 bytes besides its data, as the codec writes it.
const [large, empty] = [2 ** 20 - 1_024, 0];

test.each([
  ["large messages to a room that remembers nothing", forgetful, false, large, 4],
  ["small messages to a room that remembers nothing", forgetful, false, empty, 14_820],
  ["large volatile events", remembering, true, large, 4],
  ["small volatile events", remembering, true, empty, 14_820],
])("a handler holds 4 MiB of %s, and is refused beyond", async (_, rooms, volatile, size, count) => {
  const { ada, sentOf } = await startFillServer(rooms, volatile);
  ada.send({ t: "request", q: 1, name: "fill", data: { count: count + 1, size } });
  expect(await receiveFrame(ada)).toMatchObject({
    t: "error",
    re: 1,
    code: "TOO_MUCH_HISTORY",
    message:
      "a handler holds at most 4194304 bytes of volatile events, and of messages to rooms that remember nothing: send less, or by service.room(name).send, which sends at once",
  });
  expect(sentOf()).toBe(count);
  ada.send({ t: "request", q: 2, name: "fill", data: { count, size } });
  expect(await receiveFrame(ada)).toMatchObject({ t: "reply", re: 2 });
  ada.close();
});
