import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "@symbolon/client";
import { testNetwork } from "@symbolon/server/testing";
import { app } from "./app.ts";
import { chat } from "./chat.ts";

test("Ada receives what Bob sends, and learns that he left", async () => {
  const { WebSocket } = testNetwork(app);
  const join = (name: string) =>
    connect(chat, { url: "ws://test", params: { room: "lobby" }, query: { name }, WebSocket });
  const ada = join("Ada");
  const received: unknown[] = [];
  ada.on("message", (message) => received.push(message));
  const left = new Promise((resolve) => ada.on("left", resolve));
  await ada.opened;

  const bob = join("Bob");
  await bob.send("say", { text: "hello, Ada" });
  bob.close();

  assert.deepEqual(await left, { name: "Bob" });
  assert.deepEqual(received, [{ from: "Bob", text: "hello, Ada" }]);
  ada.close();
});
