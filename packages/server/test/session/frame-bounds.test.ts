import { expect, test } from "vitest";
import { chat, startChatServer } from "../contract/chat-server.ts";
import { connectSession, openSession, receiveFrame } from "./connect-session.ts";

/** Arrays in each other. */
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
/** An object of so many keys. */
const wide = (keys: number) => `{${Array.from({ length: keys }, () => '"":1').join()}}`;

// S18
test("the server closes a session with 4400 when a frame is nested too deeply, the first one included", async () => {
  const { net } = startChatServer(() => {});
  const data = JSON.parse(nested(65)) as unknown;
  const event = { t: "event", name: "post", data };
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

// S18
test("the server reports to a plain client that a frame has too many keys", async () => {
  const { net } = startChatServer(() => {});
  await using socket = await net.connect(chat.url({ room: "a" }, {}));
  socket.send(`{"t":"event","name":"post","data":${wide(10_001)}}`);
  expect(await receiveFrame(socket)).toMatchObject({ t: "error", code: "BAD_FRAME" });
});
