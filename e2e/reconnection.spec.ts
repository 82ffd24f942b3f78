import { expect, test } from "./chat-test.ts";
import { timeless } from "./demo-options.ts";

test.use({ demoOptions: timeless });

test("when the server is killed and started again, both pages come back and what was typed meanwhile arrives once", async ({
  demo,
  someone,
}) => {
  const ada = await someone();
  await ada.time.take();
  const sent = await ada.recordSent();
  await ada.enter(demo.url, "Ada");
  const bob = await someone();
  await bob.time.take();
  await bob.enter(demo.url, "Bob");
  await ada.say("before");
  await expect(bob.lines).toHaveText(["before"]);
  await expect(ada.lines).toHaveText(["before"]);

  await demo.kill();
  await ada.isAway();
  await bob.isAway();
  for (const { time } of [ada, bob]) await time.stop(); // or the longer this takes, the longer they wait
  await ada.say("while away");
  await expect(ada.pending).toHaveText(["while away"]);
  await expect(ada.lines).toHaveText(["before"]);
  expect(await demo.start()).toBe(true);
  for (const { time } of [ada, bob]) await time.goOn();

  await ada.isResumed();
  await bob.isResumed();
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect(bob.people).toHaveText(["Bob", "Ada"]);
  await bob.say("after");
  await expect(ada.pending).toHaveCount(0);
  for (const { lines } of [ada, bob]) {
    await expect(lines).toHaveCount(3);
    await expect(lines.first()).toHaveText("before");
    await expect(lines.filter({ hasText: /^while away$/ })).toHaveCount(1);
    await expect(lines.filter({ hasText: /^after$/ })).toHaveCount(1);
  }

  // What would double would do so by now: this line comes after it, in order.
  await ada.say("last");
  for (const { lines } of [ada, bob]) {
    await expect(lines.last()).toHaveText("last");
    await expect(lines).toHaveCount(4);
  }
  // The pages would forgive a line that comes twice, so look below them too.
  expect((await sent()).filter((frame) => frame.includes("while away"))).toHaveLength(1);
});

test("several messages typed while the server is killed keep their order", async ({ demo, someone }) => {
  const ada = await someone();
  await ada.time.take();
  await ada.enter(demo.url, "Ada");
  await demo.kill();
  await ada.isAway();
  await ada.time.stop(); // or the longer this takes, the longer she waits
  for (const text of ["one", "two", "three"]) await ada.say(text);
  await expect(ada.pending).toHaveText(["one", "two", "three"]);
  expect(await demo.start()).toBe(true);
  await ada.time.goOn();
  await expect(ada.lines).toHaveText(["one", "two", "three"], { timeout: 30_000 });
  await expect(ada.pending).toHaveCount(0);
});

test("the pill says offline while the device is, and the page comes back with it", async ({
  demo,
  someone,
}) => {
  const ada = await someone();
  await ada.enter(demo.url, "Ada");
  await ada.page.context().setOffline(true);
  await demo.kill();
  await expect(ada.pill).toHaveText("offline");
  await ada.say("in the tunnel");
  await expect(ada.pending).toHaveText(["in the tunnel"]);
  expect(await demo.start()).toBe(true);
  await expect(ada.pill).toHaveText("offline");
  await ada.page.context().setOffline(false);
  await ada.isResumed();
  await expect(ada.lines).toHaveText(["in the tunnel"]);
});

test("a connection that swallows every byte is noticed and replaced, and nobody else notices", async ({
  demo,
  blackHole,
  someone,
}) => {
  const ada = await someone();
  await ada.time.take();
  await ada.enter(blackHole.url, "Ada");
  const bob = await someone();
  await bob.enter(demo.url, "Bob");
  await ada.say("before");
  await expect(bob.lines).toHaveText(["before"]);
  await expect(ada.lines).toHaveText(["before"]);

  blackHole.swallow();
  await ada.noticesSilence();
  await ada.isResumed();
  await expect(ada.nameError).toBeHidden();
  await expect(ada.people).toHaveText(["Ada", "Bob"]);
  await expect(bob.people).toHaveText(["Bob", "Ada"]);
  await ada.say("after");
  await expect(bob.lines).toHaveText(["before", "after"]);
  await expect(ada.lines).toHaveText(["before", "after"]);
  await expect(bob.notices).toHaveCount(0);
});

test("what was typed into a black hole arrives once", async ({ demo, blackHole, someone }) => {
  const ada = await someone();
  await ada.time.take();
  await ada.enter(blackHole.url, "Ada");
  const bob = await someone();
  await bob.enter(demo.url, "Bob");
  await expect(ada.people).toHaveText(["Ada", "Bob"]);

  blackHole.swallow();
  await ada.say("into the void");
  await expect(ada.pending).toHaveText(["into the void"]);
  await ada.noticesSilence();
  await expect(ada.lines).toHaveText(["into the void"], { timeout: 30_000 });
  await expect(ada.pending).toHaveCount(0);
  await ada.say("last");
  for (const { lines } of [ada, bob]) await expect(lines).toHaveText(["into the void", "last"]);
});
