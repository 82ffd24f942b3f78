import { expect, test } from "./chat-test.ts";

const path = "/react.html";

test("two people talk, one in the plain page and one in the React page", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const bob = await someone({ path });
  await bob.enter(demo.url, "Bob");
  await expect(ada.notices).toHaveText(["Bob joined"]);
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect(bob.people).toHaveText(["Bob", "Ada"]);

  await ada.say("hello Bob");
  await expect(bob.lines).toHaveText(["hello Bob"]);
  await bob.say("hello Ada");
  await bob.say("a second line");
  const said = ["hello Bob", "hello Ada", "a second line"];
  await expect(ada.lines).toHaveText(said);
  await expect(bob.lines).toHaveText(said);
  await expect(bob.pending).toHaveCount(0);

  await ada.page.getByRole("button", { name: "Leave" }).click();
  await expect(bob.notices).toHaveText(["Ada left"]);
  await ada.enter(demo.url, "Ada");
  await expect(bob.notices).toHaveText(["Ada is back"]);

  await bob.page.reload();
  await expect(bob.people).toHaveText(["Bob", "Ada"]);
  await expect(bob.lines).toHaveText(said);
  await bob.page.getByRole("button", { name: "Leave" }).click();
  await expect(ada.people).toHaveText(["Ada"]);
});

test("the React page says what is wrong with a name, and lets one in under another", async ({
  demo,
  someone,
}) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const bob = await someone({ path });
  await bob.ask(demo.url, " ");
  await expect(bob.nameError).toHaveText("Please choose a name");
  await bob.ask(demo.url, "Ada");
  await expect(bob.nameError).toHaveText("That name is taken");
  await bob.ask(demo.url, " ");
  await expect(bob.nameError).toHaveText("Please choose a name");
  await bob.ask(demo.url, "Ada");
  await expect(bob.nameError).toHaveText("That name is taken");
  await bob.enter(demo.url, "Bob");
  await bob.say("x".repeat(501));
  await expect(bob.composerError).toHaveText("A message has at most 500 characters");
});

test("the React page goes from room to room by its address", async ({ demo, someone }) => {
  const ada = await someone({ path });
  await ada.enter(demo.url, "Ada", "tea & cake");
  await ada.say("cake talk");
  await expect(ada.lines).toHaveText(["cake talk"]);
  await ada.page.goto(`${demo.url}${path}#lobby`);
  await expect(ada.page.getByRole("heading", { name: "#lobby" })).toBeVisible();
  await expect(ada.people).toHaveText(["Ada"]);
  await expect(ada.lines).toHaveCount(0);
});

test("the React page comes back, and what was typed while the server was killed arrives once and in order", async ({
  demo,
  someone,
}) => {
  const ada = await someone({ path });
  await ada.time.take();
  const sent = await ada.recordSent();
  await ada.enter(demo.url, "Ada");
  await ada.say("before");
  await expect(ada.lines).toHaveText(["before"]);
  await demo.kill();
  await ada.isAway();
  await ada.time.stop(); // or the longer this takes, the longer she waits
  await ada.say("one");
  await ada.say("two");
  await expect(ada.pending).toHaveText(["one", "two"]);
  expect(await demo.start()).toBe(true);
  await ada.time.goOn();
  await ada.isResumed();
  await expect(ada.lines).toHaveText(["before", "one", "two"]);
  await expect(ada.pending).toHaveCount(0);
  expect((await sent()).filter((frame) => /\b(one|two)\b/.test(frame))).toHaveLength(2);
});
