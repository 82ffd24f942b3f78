import { expect, test } from "./chat-test.ts";
import { timeless } from "./demo-options.ts";

test.use({ demoOptions: timeless });

for (const path of ["/", "/react.html"]) {
  test(`at ${path} one sees who of the others is writing, until they send it`, async ({ demo, someone }) => {
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    const bob = await someone();
    await bob.enterStopped(demo.url, "Bob");
    await expect(ada.typing).toHaveText("");

    await bob.composer.fill("hello A");
    await expect(ada.typing).toHaveText("Bob is typing…");
    await expect(bob.typing).toHaveText("");
    const cyd = await someone({ path });
    await cyd.enterStopped(demo.url, "Cyd");
    await expect(cyd.typing).toHaveText("Bob is typing…");

    await bob.composer.fill("hello Ad");
    await cyd.composer.fill("hello B");
    await expect(ada.typing).toHaveText("Bob and Cyd are typing…");
    await bob.say("hello Ada");
    await expect(ada.lines).toHaveText(["hello Ada"]);
    await expect(ada.typing).toHaveText("Cyd is typing…");
    await cyd.time.pass(3_000); // without a key
    await expect(ada.typing).toHaveText("");
  });

  test(`at ${path} more than two who write are several, and who leaves writes no more`, async ({
    demo,
    someone,
  }) => {
    const ada = await someone({ path });
    await ada.enter(demo.url, "Ada");
    const others = await Promise.all([someone({ path }), someone(), someone()]);
    const [bob] = others;
    for (const [index, other] of others.entries()) await other.enterStopped(demo.url, `Bob ${index}`);
    for (const other of others) await other.composer.fill("hello");
    await expect(ada.typing).toHaveText("Several people are typing…");
    await bob.page.getByRole("button", { name: "Leave" }).click();
    await bob.time.goOn(); // React ends a connection in a turn of its own
    await expect(ada.typing).toHaveText("Bob 1 and Bob 2 are typing…");
    await others[1].composer.fill("");
    await expect(ada.typing).toHaveText("Bob 2 is typing…");
  });

  test(`at ${path} it is seen again on the next connection`, async ({ demo, someone }) => {
    const ada = await someone({ path });
    await ada.enterStopped(demo.url, "Ada");
    const bob = await someone({ path });
    await bob.enterStopped(demo.url, "Bob");
    await bob.composer.fill("hello");
    await expect(ada.typing).toHaveText("Bob is typing…");

    await demo.kill();
    await expect(ada.typing).toHaveText("");
    await ada.isAway();
    await bob.isAway();
    await bob.composer.fill("");
    expect(await demo.start()).toBe(true);
    for (const { time } of [ada, bob]) await time.goOn();
    await ada.isBack();
    await bob.isBack();
    await expect(ada.people).toHaveText(["Ada", "Bob"]);
    await bob.time.stop();
    await bob.composer.fill("hello again");
    await expect(ada.typing).toHaveText("Bob is typing…");
  });

  test.describe("at a server that soon forgets who is writing", () => {
    test.use({ demoOptions: { ...timeless, typingTimeout: 200 } });

    test(`at ${path} a page that does not say so again writes no more`, async ({ demo, someone }) => {
      const ada = await someone({ path });
      await ada.enter(demo.url, "Ada");
      const shown = await ada.recordTyping();
      const bob = await someone();
      await bob.enterStopped(demo.url, "Bob");
      await bob.composer.fill("hello");
      await expect.poll(shown).toEqual(["Bob is typing…", ""]);
    });
  });
}
