import { expect, test } from "./chat-test.ts";
import { Guest } from "./guest.ts";

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

for (const path of ["/", "/react.html"]) {
  test(`at ${path} one sees the newest lines, and earlier ones on demand`, async ({ demo, someone }) => {
    const guest = await Guest.enter(demo.port, "Bob");
    const early = await someone();
    await early.enter(demo.url, "Cyd");
    await expect(early.showEarlier).toBeHidden();
    guest.say(120);
    await expect(early.lines).toHaveCount(120);

    const ada = await someone({ path });
    await ada.page.setViewportSize({ width: 390, height: 600 });
    await ada.enter(demo.url, "Ada");
    await expect(ada.lines).toHaveText(lines(71, 120));
    await expect(ada.lines.last()).toBeInViewport();

    await ada.showEarlier.scrollIntoViewIfNeeded();
    const first = ada.lines.filter({ hasText: /^line 71$/ });
    const before = await first.boundingBox();
    await ada.showEarlier.press("Enter");
    await expect(ada.lines).toHaveText(lines(21, 120));
    expect((await first.boundingBox())?.y).toBeCloseTo(before?.y ?? Number.NaN, 0);
    await expect(ada.earlierNote).toHaveText("50 earlier messages shown");

    await ada.showEarlier.press("Enter");
    await expect(ada.lines).toHaveText(lines(1, 120));
    await expect(ada.earlierNote).toHaveText("20 earlier messages shown");
    await expect(ada.showEarlier).toBeHidden();
    await expect(ada.page.locator("#talk")).toBeFocused();
    expect((await first.boundingBox())?.y).toBeCloseTo(before?.y ?? Number.NaN, 0);

    // One writer's lines go on under one name, also where a page ends.
    await expect(ada.page.locator(".line .who:visible")).toHaveCount(1);
  });

  test(`at ${path} one is told when the lines asked for are forgotten`, async ({ demo, someone }) => {
    const guest = await Guest.enter(demo.port, "Bob");
    guest.say(60);
    const early = await someone();
    await early.enter(demo.url, "Cyd");
    await expect(early.lines.last()).toHaveText("line 60");
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    await expect(ada.lines).toHaveText(lines(11, 60));

    guest.say(500);
    await expect(ada.lines).toHaveCount(550);
    await ada.page.bringToFront(); // Firefox presses no button in a window that is behind another
    await ada.showEarlier.press("Enter");
    await expect(ada.earlierNote).toHaveText(
      /^Older messages are no longer available\. This room has the messages since .+\.$/,
    );
    await expect(ada.showEarlier).toBeHidden();
    await expect(ada.lines).toHaveCount(550);
  });

  test(`at ${path} who was away for longer than a page sees all that was said meanwhile`, async ({
    demo,
    someone,
  }) => {
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    await ada.say("before");
    await expect(ada.lines).toHaveText(["before"]);
    await ada.page.context().setOffline(true);
    await demo.kill();
    await expect(ada.pill).toHaveText("offline");
    expect(await demo.start()).toBe(true);
    const guest = await Guest.enter(demo.port, "Bob");
    guest.say(60);
    const witness = await someone();
    await witness.enter(demo.url, "Cyd");
    await expect(witness.lines.last()).toHaveText("line 60");

    await ada.page.context().setOffline(false);
    await ada.isBack();
    await expect(ada.lines).toHaveText(["before", ...lines(1, 60)]);
    await expect(ada.showEarlier).toBeHidden();
  });
}
