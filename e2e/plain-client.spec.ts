import { once } from "node:events";
import { WebSocket } from "ws";
import { expect, test } from "./chat-test.ts";

test("a plain WebSocket client talks to a browser", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");

  const heard: unknown[] = [];
  const bob = new WebSocket(`ws://localhost:${demo.port}/chat/lobby?name=Bob`);
  bob.on("message", (data, isBinary) =>
    heard.push(isBinary || !Buffer.isBuffer(data) ? data : JSON.parse(data.toString())),
  );
  await once(bob, "open");
  expect(bob.protocol).toBe("");
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect
    .poll(() => heard)
    .toContainEqual({
      t: "event",
      name: "entered",
      data: { messages: [], hasEarlier: false, people: ["Ada", "Bob"] },
    });

  bob.send('{"t":"event","name":"say","data":{"id":"1","text":"hi"}}');
  await expect(ada.lines).toHaveText(["hi"]);
  await ada.say("hello, plain Bob");
  await expect
    .poll(() => heard)
    .toContainEqual({
      t: "event",
      name: "message",
      data: { id: expect.any(String), from: "Ada", text: "hello, plain Bob", at: expect.any(Number) },
    });

  bob.send(JSON.stringify({ t: "event", q: 1, name: "say", data: { id: "2", text: "a".repeat(501) } }));
  await expect
    .poll(() => heard)
    .toContainEqual({
      t: "error",
      re: 1,
      code: "INVALID",
      message: expect.any(String),
      data: [{ message: "A message has at most 500 characters", path: ["text"] }],
    });

  bob.close();
  await expect(ada.notices).toHaveText(["Bob joined", "Bob left"]);
  await expect(ada.lines).toHaveText(["hi", "hello, plain Bob"]);
});

test("a plain WebSocket client under a name that is taken is refused", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const ghost = new WebSocket(`ws://localhost:${demo.port}/chat/lobby?name=Ada`);
  const [, response] = await once(ghost, "unexpected-response");
  expect(response.statusCode).toBe(409);
  await expect(ada.people).toHaveText(["Ada"]);
});
