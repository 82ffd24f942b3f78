import { expect, test } from "./chat-test.ts";

test("Ada and Bob exchange messages, and each sees the other join and leave", async ({ server, newUser }) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const bob = await newUser();
  await bob.join(server.url, "Bob");
  await ada.expectNotices(["Bob joined"]);
  await ada.expectPeople(["Ada", "Bob"]);
  await bob.expectPeople(["Bob", "Ada"]);

  await ada.send("hello Bob");
  await bob.expectMessages(["hello Bob"]);
  await bob.send("hello Ada");
  await ada.expectMessages(["hello Bob", "hello Ada"]);
  await ada.expectPending([]);

  await bob.leave();
  await ada.expectNotices(["Bob joined", "Bob left"]);
  await ada.expectPeople(["Ada"]);
});

test("Cyd, who joins late, sees the messages that Ada and Bob have sent before", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const bob = await newUser();
  await bob.join(server.url, "Bob");
  await ada.send("one");
  await bob.expectMessages(["one"]);
  await bob.send("two");
  await ada.expectMessages(["one", "two"]);

  const cyd = await newUser();
  await cyd.join(server.url, "Cyd");
  await cyd.expectMessages(["one", "two"]);
  await cyd.expectPeople(["Cyd", "Ada", "Bob"]);
});

test("two tabs of one browser are two people in the room", async ({ server, newUser, context }) => {
  const ada = await newUser({ context });
  await ada.join(server.url, "Ada");
  const bob = await newUser({ context });
  await bob.join(server.url, "Bob");
  await bob.send("from the other tab");
  await ada.expectMessages(["from the other tab"]);
  await ada.expectPeople(["Ada", "Bob"]);
});

test("Ada sees only the messages of the room in the address, and keeps her name when she reloads the page", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada", "tea & cake");
  const bob = await newUser();
  await bob.join(server.url, "Bob", "lobby");
  await bob.send("about the lobby");
  await bob.expectMessages(["about the lobby"]);
  await ada.send("about cake");
  await ada.expectMessages(["about cake"]);

  await ada.page.reload();
  await ada.expectPeople(["Ada"]);
  await ada.expectMessages(["about cake"]);
  await ada.goToRoom(server.url, "lobby");
  await ada.expectPeople(["Ada", "Bob"]);
  await ada.expectMessages(["about the lobby"]);
});

test("the page scrolls to a new message only while Ada reads the end of the transcript", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.page.setViewportSize({ width: 390, height: 500 });
  await ada.join(server.url, "Ada");
  const bob = await newUser();
  await bob.join(server.url, "Bob");
  for (let n = 1; n <= 30; n += 1) await bob.send(`line ${n}`);
  await expect(ada.messages).toHaveCount(30);
  await expect(ada.messages.last()).toBeInViewport();

  await ada.messages.first().scrollIntoViewIfNeeded();
  await expect(ada.messages.first()).toBeInViewport();
  await bob.send("the newest");
  const newMessagesButton = ada.page.getByRole("button", { name: "New messages" });
  await expect(newMessagesButton).toBeVisible();
  await expect(ada.messages.first()).toBeInViewport();
  await ada.page.bringToFront(); // Firefox presses no button in a window that is behind another
  await newMessagesButton.press("Enter");
  await expect(ada.messages.last()).toBeInViewport();
  await expect(newMessagesButton).toBeHidden();
});
