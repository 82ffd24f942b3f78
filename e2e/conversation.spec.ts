import { expect, test } from "./chat-test.ts";

test("two people talk and see each other come and go", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const bob = await someone();
  await bob.enter(demo.url, "Bob");
  await expect(ada.notices).toHaveText(["Bob joined"]);
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect(bob.people).toHaveText(["Bob", "Ada"]);

  await ada.say("hello Bob");
  await expect(bob.lines).toHaveText(["hello Bob"]);
  await bob.say("hello Ada");
  await expect(ada.lines).toHaveText(["hello Bob", "hello Ada"]);
  await expect(ada.pending).toHaveCount(0);

  await bob.page.getByRole("button", { name: "Leave" }).click();
  await expect(ada.notices).toHaveText(["Bob joined", "Bob left"]);
  await expect(ada.people).toHaveText(["Ada"]);
});

test("someone who joins late sees the last messages", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  const bob = await someone();
  await bob.enter(demo.url, "Bob");
  await ada.say("one");
  await expect(bob.lines).toHaveText(["one"]);
  await bob.say("two");
  await expect(ada.lines).toHaveText(["one", "two"]);

  const late = await someone();
  await late.enter(demo.url, "Cyd");
  await expect(late.lines).toHaveText(["one", "two"]);
  await expect(late.people).toHaveText(["Cyd", "Ada", "Bob"]);
});

test("two tabs of one browser are two people", async ({ demo, someone, context }) => {
  const ada = await someone({ context });
  await ada.enter(demo.url, "Ada");
  const bob = await someone({ context });
  await bob.enter(demo.url, "Bob");
  await bob.say("from the other tab");
  await expect(ada.lines).toHaveText(["from the other tab"]);
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
});

test("rooms in the address are apart, and a reload comes back under the same name", async ({
  demo,
  someone,
}) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada", "tea & cake");
  const bob = await someone();
  await bob.enter(demo.url, "Bob", "lobby");
  await bob.say("lobby talk");
  await expect(bob.lines).toHaveText(["lobby talk"]);
  await ada.say("cake talk");
  await expect(ada.lines).toHaveText(["cake talk"]);

  await ada.page.reload();
  await expect(ada.people).toHaveText(["Ada"]);
  await expect(ada.lines).toHaveText(["cake talk"]);
  await ada.page.goto(`${demo.url}/#lobby`);
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect(ada.lines).toHaveText(["lobby talk"]);
});

test("the view stays where the reader is, and follows at the end", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.page.setViewportSize({ width: 390, height: 500 });
  await ada.enter(demo.url, "Ada");
  const bob = await someone();
  await bob.enter(demo.url, "Bob");
  for (let n = 1; n <= 30; n += 1) await bob.say(`line ${n}`);
  await expect(ada.lines).toHaveCount(30);
  await expect(ada.lines.last()).toBeInViewport();

  await ada.lines.first().scrollIntoViewIfNeeded();
  await expect(ada.lines.first()).toBeInViewport();
  await bob.say("the newest");
  const newer = ada.page.getByRole("button", { name: "New messages" });
  await expect(newer).toBeVisible();
  await expect(ada.lines.first()).toBeInViewport();
  await ada.page.bringToFront(); // Firefox presses no button in a window that is behind another
  await newer.press("Enter");
  await expect(ada.lines.last()).toBeInViewport();
  await expect(newer).toBeHidden();
});
