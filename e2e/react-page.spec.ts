import { expect, test } from "./chat-test.ts";

const path = "/react.html";

test("Ada in the plain page and Bob in the React page exchange messages", async ({ server, newUser }) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const bob = await newUser({ path });
  await bob.join(server.url, "Bob");
  await ada.expectNotices(["Bob joined"]);
  await ada.expectPeople(["Ada", "Bob"]);
  await bob.expectPeople(["Bob", "Ada"]);

  await ada.send("hello Bob");
  await bob.expectMessages(["hello Bob"]);
  await bob.send("hello Ada");
  await bob.send("a second line");
  const texts = ["hello Bob", "hello Ada", "a second line"];
  await ada.expectMessages(texts);
  await bob.expectMessages(texts);
  await bob.expectPending([]);

  await ada.leave();
  await bob.expectNotices(["Ada left"]);
  await ada.join(server.url, "Ada");
  await bob.expectNotices(["Ada is back"]);

  await bob.page.reload();
  await bob.expectPeople(["Bob", "Ada"]);
  await bob.expectMessages(texts);
  await bob.leave();
  await ada.expectPeople(["Ada"]);
});

test("the React page shows what is wrong with a name, and lets Bob join with another", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  const bob = await newUser({ path });
  await bob.requestToJoin(server.url, " ");
  await expect(bob.nameError).toHaveText("Please choose a name");
  await bob.requestToJoin(server.url, "Ada");
  await expect(bob.nameError).toHaveText("That name is taken");
  await bob.requestToJoin(server.url, " ");
  await expect(bob.nameError).toHaveText("Please choose a name");
  await bob.requestToJoin(server.url, "Ada");
  await expect(bob.nameError).toHaveText("That name is taken");
  await bob.join(server.url, "Bob");
  await bob.send("x".repeat(501));
  await expect(bob.composerError).toHaveText("A message has at most 500 characters");
});

test("the React page changes the room when the address changes", async ({ server, newUser }) => {
  const ada = await newUser({ path });
  await ada.join(server.url, "Ada", "tea & cake");
  await ada.send("about cake");
  await ada.expectMessages(["about cake"]);
  await ada.goToRoom(server.url, "lobby");
  await expect(ada.page.getByRole("heading", { name: "#lobby" })).toBeVisible();
  await ada.expectPeople(["Ada"]);
  await ada.expectMessages([]);
});

test("the React page reconnects, and sends each message that Ada wrote while the server was killed once and in order", async ({
  server,
  newUser,
}) => {
  const ada = await newUser({ path });
  await ada.clock.install();
  const sentFrames = await ada.recordSentFrames();
  await ada.join(server.url, "Ada");
  await ada.send("before");
  await ada.expectMessages(["before"]);
  await server.kill();
  await ada.expectDisconnected();
  await ada.clock.pause(); // otherwise a slow test makes the page's next attempt late
  await ada.send("one");
  await ada.send("two");
  await ada.expectPending(["one", "two"]);
  expect(await server.start()).toBe(true);
  await ada.clock.resume();
  await ada.expectResumed();
  await ada.expectMessages(["before", "one", "two"]);
  await ada.expectPending([]);
  expect((await sentFrames()).filter((frame) => /\b(one|two)\b/.test(frame))).toHaveLength(2);
});
