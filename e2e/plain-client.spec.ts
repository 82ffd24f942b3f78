import { once } from "node:events";
import { WebSocket } from "ws";
import { expect, test } from "./chat-test.ts";

test("Bob, a plain WebSocket client without the library, chats with Ada in a browser", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");

  const received: unknown[] = [];
  const bob = new WebSocket(`ws://localhost:${server.port}/chat/lobby?name=Bob`);
  bob.on("message", (data, isBinary) =>
    received.push(isBinary || !Buffer.isBuffer(data) ? data : JSON.parse(data.toString())),
  );
  await once(bob, "open");
  expect(bob.protocol).toBe("");
  await ada.expectPeople(["Ada", "Bob"]);
  await expect
    .poll(() => received)
    .toContainEqual({
      t: "event",
      name: "entered",
      data: { messages: [], hasEarlier: false },
    });
  await expect
    .poll(() => received)
    .toContainEqual({
      t: "event",
      name: "joined",
      data: { name: "Bob", people: ["Ada", "Bob"], returning: false },
    });

  bob.send('{"t":"event","name":"post","data":{"id":"1","text":"hi"}}');
  await ada.expectMessages(["hi"]);
  await ada.send("hello, plain Bob");
  await expect
    .poll(() => received)
    .toContainEqual({
      t: "event",
      name: "message",
      data: { id: expect.any(String), from: "Ada", text: "hello, plain Bob", at: expect.any(Number) },
    });

  bob.send(JSON.stringify({ t: "event", q: 1, name: "post", data: { id: "2", text: "a".repeat(501) } }));
  await expect
    .poll(() => received)
    .toContainEqual({
      t: "error",
      re: 1,
      code: "INVALID",
      message: expect.any(String),
      data: [{ message: "A message has at most 500 characters", path: ["text"] }],
    });

  bob.close();
  await ada.expectNotices(["Bob joined", "Bob left"]);
  await ada.expectMessages(["hi", "hello, plain Bob"]);
});

test("the server rejects a plain WebSocket client with 409 when its name is taken", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const impostor = new WebSocket(`ws://localhost:${server.port}/chat/lobby?name=Ada`);
  const [, response] = await once(impostor, "unexpected-response");
  expect(response.statusCode).toBe(409);
  await ada.expectPeople(["Ada"]);
});
