import { expect, test } from "./chat-test.ts";
import { longTimeouts } from "./server-options.ts";

test.use({ serverOptions: longTimeouts });

test("when the server is killed and started again, both pages reconnect and a message that Ada wrote meanwhile arrives once", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.clock.install();
  const sentFrames = await ada.recordSentFrames();
  await ada.join(server.url, "Ada");
  const bob = await newUser();
  await bob.clock.install();
  await bob.join(server.url, "Bob");
  await ada.send("before");
  await bob.expectMessages(["before"]);
  await ada.expectMessages(["before"]);

  await server.kill();
  await ada.expectDisconnected();
  await bob.expectDisconnected();
  for (const { clock } of [ada, bob]) await clock.pause(); // otherwise a slow test makes the next attempts late
  await ada.send("while disconnected");
  await ada.expectPending(["while disconnected"]);
  await ada.expectMessages(["before"]);
  expect(await server.start()).toBe(true);
  for (const { clock } of [ada, bob]) await clock.resume();

  await ada.expectResumed();
  await bob.expectResumed();
  await ada.expectPeople(["Ada", "Bob"]);
  await bob.expectPeople(["Bob", "Ada"]);
  await bob.send("after");
  await ada.expectPending([]);
  for (const { messages } of [ada, bob]) {
    await expect(messages).toHaveCount(3);
    await expect(messages.first()).toHaveText("before");
    await expect(messages.filter({ hasText: /^while disconnected$/ })).toHaveCount(1);
    await expect(messages.filter({ hasText: /^after$/ })).toHaveCount(1);
  }

  // Messages arrive in order, so a duplicate would arrive before this one.
  await ada.send("last");
  for (const { messages } of [ada, bob]) {
    await expect(messages.last()).toHaveText("last");
    await expect(messages).toHaveCount(4);
  }
  // The pages do not show a message that comes twice, so this counts the frames as well.
  expect((await sentFrames()).filter((frame) => frame.includes("while disconnected"))).toHaveLength(1);
});

test("the messages that Ada wrote while the server was killed arrive in order", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.clock.install();
  await ada.join(server.url, "Ada");
  await server.kill();
  await ada.expectDisconnected();
  await ada.clock.pause(); // otherwise a slow test makes the page's next attempt late
  for (const text of ["one", "two", "three"]) await ada.send(text);
  await ada.expectPending(["one", "two", "three"]);
  expect(await server.start()).toBe(true);
  await ada.clock.resume();
  await ada.expectMessages(["one", "two", "three"], 30_000);
  await ada.expectPending([]);
});

test("the connection badge shows that Ada's device is offline, and the page reconnects when it is online", async ({
  server,
  newUser,
}) => {
  const ada = await newUser();
  await ada.join(server.url, "Ada");
  await ada.setOffline(true);
  await server.kill();
  await expect(ada.connectionBadge).toHaveText("offline");
  await ada.send("in the tunnel");
  await ada.expectPending(["in the tunnel"]);
  expect(await server.start()).toBe(true);
  await expect(ada.connectionBadge).toHaveText("offline");
  await ada.setOffline(false);
  await ada.expectResumed();
  await ada.expectMessages(["in the tunnel"]);
});

test("Ada's page replaces a connection that drops all traffic, and Bob sees no notice", async ({
  server,
  tcpProxy,
  newUser,
}) => {
  const ada = await newUser();
  await ada.clock.install();
  await ada.join(tcpProxy.url, "Ada");
  const bob = await newUser();
  await bob.join(server.url, "Bob");
  await ada.send("before");
  await bob.expectMessages(["before"]);
  await ada.expectMessages(["before"]);

  tcpProxy.dropTraffic();
  await ada.detectSilence();
  await ada.expectResumed();
  await expect(ada.nameError).toBeHidden();
  await ada.expectPeople(["Ada", "Bob"]);
  await bob.expectPeople(["Bob", "Ada"]);
  await ada.send("after");
  await bob.expectMessages(["before", "after"]);
  await ada.expectMessages(["before", "after"]);
  await bob.expectNotices([]);
});

test("a message that Ada sent on a connection that drops all traffic arrives once", async ({
  server,
  tcpProxy,
  newUser,
}) => {
  const ada = await newUser();
  await ada.clock.install();
  await ada.join(tcpProxy.url, "Ada");
  const bob = await newUser();
  await bob.join(server.url, "Bob");
  await ada.expectPeople(["Ada", "Bob"]);

  tcpProxy.dropTraffic();
  await ada.send("dropped");
  await ada.expectPending(["dropped"]);
  await ada.detectSilence();
  await ada.expectMessages(["dropped"], 30_000);
  await ada.expectPending([]);
  await ada.send("last");
  for (const user of [ada, bob]) await user.expectMessages(["dropped", "last"]);
});
