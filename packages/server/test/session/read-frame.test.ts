import { ProtocolError } from "@symbolon/protocol";
import { describe, expect, test } from "vitest";
import { checkBounds } from "../../src/session/read-frame.ts";
import { chat, startChatServer } from "../contract/chat-server.ts";
import { openSession, receiveFrame, connectSession } from "./connect-session.ts";

/** Arrays in each other. */
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** An object of so many keys. */
const wide = (keys: number) => `{${Array.from({ length: keys }, () => '"":1').join()}}`;

describe("S18 › the bounds of a frame", () => {
  test.each([
    ["64 deep", nested(64)],
    ["64 deep twice", `${nested(64)},${nested(64)}`],
    ["10,000 keys", wide(10_000)],
    ["brackets in a string", JSON.stringify("[{".repeat(100))],
    ["quotes and backslashes before them", JSON.stringify(`\\"${"[".repeat(200)}\\`)],
    ["colons in a string", JSON.stringify(":".repeat(20_000))],
    ["bytes, which are no frame anyway", new Uint8Array(1_000).fill(91)],
  ])("take %s", (_, message) => expect(() => checkBounds(message)).not.toThrow());

  test.each([
    ["65 deep", nested(65)],
    ["objects and arrays in each other", '[{"":'.repeat(33) + "1" + "}]".repeat(33)],
    ["what never ends", "[".repeat(30_000)],
    ["10,001 keys", wide(10_001)],
    ["brackets after a string", `["\\"",${nested(64)}]`],
  ])("refuse %s", (_, message) => expect(() => checkBounds(message)).toThrow(ProtocolError));

  test("hold for a session, which ends with 4400, from its hello on", async () => {
    const { net } = startChatServer(() => {});
    const data = JSON.parse(nested(65)) as unknown;
    const event = { t: "event", name: "say", data };
    const socket = await openSession(net, "/chat/a");
    socket.send(event);
    expect(await socket.closed).toEqual({
      code: 4400,
      reason: "a frame is nested at most 64 deep",
      wasClean: true,
    });
    const early = await connectSession(net, "/chat/a", event);
    expect(await early.closed).toMatchObject({ code: 4400 });
  });

  test("hold for a plain client, which is told", async () => {
    const { net } = startChatServer(() => {});
    await using socket = await net.connect(chat.url({ room: "a" }, {}));
    socket.send(`{"t":"event","name":"say","data":${wide(10_001)}}`);
    expect(await receiveFrame(socket)).toMatchObject({ t: "error", code: "BAD_FRAME" });
  });
});
