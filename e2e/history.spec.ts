import { expect, test } from "./chat-test.ts";
import { PlainClient } from "./plain-client.ts";

/** The texts of the messages that a `PlainClient` sends. */
const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

for (const path of ["/", "/react.html"]) {
  test(`at ${path} Ada sees the newest 50 messages, and earlier ones when she asks for them`, async ({
    server,
    newUser,
  }) => {
    const bob = await PlainClient.join(server.port, "Bob");
    const cyd = await newUser();
    await cyd.join(server.url, "Cyd");
    await expect(cyd.historyButton).toBeHidden();
    bob.sendMany(120);
    await expect(cyd.messages).toHaveCount(120);

    const ada = await newUser({ path });
    await ada.page.setViewportSize({ width: 390, height: 600 });
    await ada.join(server.url, "Ada");
    await ada.expectMessages(lines(71, 120));
    await expect(ada.messages.last()).toBeInViewport();

    await ada.historyButton.scrollIntoViewIfNeeded();
    const line71 = ada.messages.filter({ hasText: /^line 71$/ });
    const boxBefore = await line71.boundingBox();
    await ada.showEarlier();
    await ada.expectMessages(lines(21, 120));
    expect((await line71.boundingBox())?.y).toBeCloseTo(boxBefore?.y ?? Number.NaN, 0);
    await expect(ada.historyNote).toHaveText("50 earlier messages shown");

    await ada.showEarlier();
    await ada.expectMessages(lines(1, 120));
    await expect(ada.historyNote).toHaveText("20 earlier messages shown");
    await expect(ada.historyButton).toBeHidden();
    await expect(ada.page.locator("#talk")).toBeFocused();
    expect((await line71.boundingBox())?.y).toBeCloseTo(boxBefore?.y ?? Number.NaN, 0);

    // The page shows the name of one sender once, also across the pages of the history.
    await expect(ada.page.locator(".line .who:visible")).toHaveCount(1);
  });

  test(`at ${path} Ada sees since when the server has messages when it no longer has the earlier ones`, async ({
    server,
    newUser,
  }) => {
    const bob = await PlainClient.join(server.port, "Bob");
    bob.sendMany(60);
    const cyd = await newUser();
    await cyd.join(server.url, "Cyd");
    await expect(cyd.messages.last()).toHaveText("line 60");
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    await ada.expectMessages(lines(11, 60));

    bob.sendMany(500);
    await expect(ada.messages).toHaveCount(550);
    await ada.page.bringToFront(); // Firefox presses no button in a window that is behind another
    await ada.showEarlier();
    await expect(ada.historyNote).toHaveText(
      /^Older messages are no longer available\. This room has the messages since .+\.$/,
    );
    await expect(ada.historyButton).toBeHidden();
    await expect(ada.messages).toHaveCount(550);
  });

  test(`at ${path} Ada, who was offline for more than a page of messages, receives each of them`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    await ada.send("before");
    await ada.expectMessages(["before"]);
    await ada.setOffline(true);
    await server.kill();
    await expect(ada.connectionBadge).toHaveText("offline");
    expect(await server.start()).toBe(true);
    const bob = await PlainClient.join(server.port, "Bob");
    bob.sendMany(60);
    const cyd = await newUser();
    await cyd.join(server.url, "Cyd");
    await expect(cyd.messages.last()).toHaveText("line 60");

    await ada.setOffline(false);
    await ada.expectConnected();
    await ada.expectMessages(["before", ...lines(1, 60)]);
    await expect(ada.historyButton).toBeHidden();
  });
}
