import { rm } from "node:fs/promises";
import type { ChatPage } from "./chat-page.ts";
import { expect, test } from "./chat-test.ts";
import { Guest } from "./guest.ts";
import { timeless } from "./demo-options.ts";

test.use({ demoOptions: timeless });

/** The page believes that somebody looks at it, or that nobody does. */
async function show({ page }: ChatPage, visibilityState: "visible" | "hidden"): Promise<void> {
  await page.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => visibilityState });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, visibilityState);
}

for (const path of ["/", "/react.html"]) {
  test.describe(`at ${path}`, () => {
    test("a line that was on its way when the server was killed arrives once", async ({ demo, someone }) => {
      const ada = await someone({ path });
      await ada.enterStopped(demo.url, "Ada");
      const bob = await someone();
      await bob.enterStopped(demo.url, "Bob");
      const said: string[] = [];
      for (const text of ["one", "two", "three"]) {
        await ada.say(text);
        said.push(text);
        await demo.kill();
        for (const one of [ada, bob]) await one.isAway();
        expect(await demo.start()).toBe(true);
        for (const { time } of [ada, bob]) await time.goOn();
        for (const one of [ada, bob]) await one.isResumed();
        for (const { lines } of [ada, bob]) await expect(lines).toHaveText(said, { timeout: 60_000 });
        for (const { time } of [ada, bob]) await time.stop();
      }
      await ada.say("last");
      for (const { lines } of [ada, bob]) await expect(lines).toHaveText([...said, "last"]);
      await expect(ada.pending).toHaveCount(0);
      await expect(ada.notices).toHaveText(["Bob joined"]);
    });

    test("a line of which nobody knows whether it was sent can be sent again", async ({
      demo,
      data,
      blackHole,
      someone,
    }) => {
      const ada = await someone({ path });
      await ada.time.take();
      await ada.enter(blackHole.url, "Ada");
      blackHole.swallow();
      await ada.say("into the void");
      await expect(ada.pending).toHaveText(["into the void"]);
      await demo.kill();
      await rm(data, { recursive: true });
      expect(await demo.start()).toBe(true);

      await ada.noticesSilence();
      await expect(ada.fate).toContainText("may not have been sent", { timeout: 30_000 });
      await expect(ada.lines).toHaveCount(0);
      await ada.page.getByRole("button", { name: "Send again" }).click();
      await expect(ada.lines).toHaveText(["into the void"]);
      await expect(ada.pending).toHaveCount(0);
    });

    test("what is said while nobody looks is there when somebody does", async ({
      demo,
      blackHole,
      someone,
    }) => {
      const ada = await someone({ path });
      await ada.time.take();
      await ada.enter(blackHole.url, "Ada");
      const bob = await someone();
      await bob.enter(demo.url, "Bob");
      await show(ada, "hidden");
      await bob.say("still connected");
      await expect(ada.lines).toHaveText(["still connected"]);

      blackHole.shut();
      blackHole.swallow();
      await ada.noticesSilence();
      await ada.isAway();
      for (const text of ["one", "two"]) await bob.say(text);
      await expect(bob.lines).toHaveText(["still connected", "one", "two"]);
      blackHole.open();
      await show(ada, "visible");
      await ada.isResumed();
      await expect(ada.lines).toHaveText(["still connected", "one", "two"]);
    });

    test("what both say while one is offline arrives once, and in order", async ({
      demo,
      blackHole,
      someone,
    }) => {
      const ada = await someone({ path });
      await ada.time.take();
      await ada.enter(blackHole.url, "Ada");
      const bob = await someone();
      await bob.enter(demo.url, "Bob");
      await ada.page.context().setOffline(true);
      blackHole.swallow();
      await expect.poll(() => ada.page.evaluate(() => navigator.onLine)).toBe(false);
      await ada.noticesSilence();
      await expect(ada.pill).toHaveText("offline");
      for (const text of ["one", "two"]) await bob.say(text);
      await expect(bob.lines).toHaveText(["one", "two"]);
      for (const text of ["three", "four"]) await ada.say(text);
      await expect(ada.pending).toHaveText(["three", "four"]);
      await ada.page.context().setOffline(false);
      await ada.isResumed();
      for (const { lines } of [ada, bob]) await expect(lines).toHaveText(["one", "two", "three", "four"]);
      await expect(ada.pending).toHaveCount(0);
    });

    test("who is writing, and what was asked for, goes on over a connection that breaks", async ({
      demo,
      blackHole,
      someone,
    }) => {
      const guest = await Guest.enter(demo.port, "Cyd");
      guest.say(60);
      const bob = await someone();
      await bob.enterStopped(demo.url, "Bob");
      await expect(bob.lines).toHaveCount(50);
      const ada = await someone({ path });
      await ada.time.take();
      const sent = await ada.recordSent();
      await ada.enter(blackHole.url, "Ada");
      await bob.composer.fill("hello");
      await expect(ada.typing).toHaveText("Bob is typing…");

      blackHole.swallow();
      await ada.showEarlier.press("Enter");
      await ada.noticesSilence();
      await ada.isResumed();
      await expect(ada.lines).toHaveCount(60);
      await expect(ada.lines.first()).toHaveText("line 1");
      await bob.composer.fill("");
      await expect(ada.typing).toHaveText("");
      blackHole.cut();
      await bob.composer.press("a");
      await expect(ada.typing).toHaveText("Bob is typing…");
      await bob.say("hello again, Ada");
      await expect(ada.lines.last()).toHaveText("hello again, Ada");
      await expect(ada.lines).toHaveCount(61);
      // The stream was asked for once: it has gone on, and did not begin anew.
      expect((await sent()).filter((frame) => frame.includes("typing"))).toHaveLength(1);
    });
  });
}
