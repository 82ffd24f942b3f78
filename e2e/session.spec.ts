import { rm } from "node:fs/promises";
import type { ChatPage } from "./chat-page.ts";
import { expect, test } from "./chat-test.ts";
import { PlainClient } from "./plain-client.ts";
import { longTimeouts } from "./server-options.ts";

test.use({ serverOptions: longTimeouts });

/** Lets the page's scripts see that the page is visible, or hidden. */
async function setVisibility({ page }: ChatPage, visibilityState: "visible" | "hidden"): Promise<void> {
  await page.evaluate((visibilityState) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => visibilityState });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, visibilityState);
}

for (const path of ["/", "/react.html"]) {
  test.describe(`at ${path}`, () => {
    test("a message that Ada sent just before the server was killed arrives once", async ({
      server,
      newUser,
    }) => {
      const ada = await newUser({ path });
      await ada.joinWithPausedClock(server.url, "Ada");
      const bob = await newUser();
      await bob.joinWithPausedClock(server.url, "Bob");
      const sent: string[] = [];
      for (const text of ["one", "two", "three"]) {
        await ada.send(text);
        sent.push(text);
        await server.kill();
        for (const user of [ada, bob]) await user.expectDisconnected();
        expect(await server.start()).toBe(true);
        for (const { clock } of [ada, bob]) await clock.resume();
        for (const user of [ada, bob]) await user.expectResumed();
        for (const user of [ada, bob]) await user.expectMessages(sent, 60_000);
        for (const { clock } of [ada, bob]) await clock.pause();
      }
      await ada.send("last");
      for (const user of [ada, bob]) await user.expectMessages([...sent, "last"]);
      await ada.expectPending([]);
      await ada.expectNotices(["Bob joined"]);
    });

    test("Ada can send a message again when the server has lost the session and may not have received it", async ({
      server,
      dataDirectory,
      tcpProxy,
      newUser,
    }) => {
      const ada = await newUser({ path });
      await ada.clock.install();
      await ada.join(tcpProxy.url, "Ada");
      tcpProxy.dropTraffic();
      await ada.send("dropped");
      await ada.expectPending(["dropped"]);
      await server.kill();
      await rm(dataDirectory, { recursive: true });
      expect(await server.start()).toBe(true);

      await ada.detectSilence();
      await expect(ada.deliveryStatus).toContainText("may not have been sent");
      await ada.expectMessages([]);
      await ada.page.getByRole("button", { name: "Send again" }).click();
      await ada.expectMessages(["dropped"]);
      await ada.expectPending([]);
      await ada.expectNotices([]);
    });

    test("Ada's hidden page receives messages, and after a lost connection the visible page receives the others", async ({
      server,
      tcpProxy,
      newUser,
    }) => {
      const ada = await newUser({ path });
      await ada.clock.install();
      await ada.join(tcpProxy.url, "Ada");
      const bob = await newUser();
      await bob.join(server.url, "Bob");
      await setVisibility(ada, "hidden");
      await bob.send("still connected");
      await ada.expectMessages(["still connected"]);

      tcpProxy.refuseConnections();
      tcpProxy.dropTraffic();
      await ada.detectSilence();
      await ada.expectDisconnected();
      for (const text of ["one", "two"]) await bob.send(text);
      await bob.expectMessages(["still connected", "one", "two"]);
      tcpProxy.acceptConnections();
      await setVisibility(ada, "visible");
      await ada.expectResumed();
      await ada.expectMessages(["still connected", "one", "two"]);
    });

    test("the messages that Ada and Bob send while Ada is offline arrive once and in order", async ({
      server,
      tcpProxy,
      newUser,
    }) => {
      const ada = await newUser({ path });
      await ada.clock.install();
      await ada.join(tcpProxy.url, "Ada");
      const bob = await newUser();
      await bob.join(server.url, "Bob");
      await ada.setOffline(true);
      tcpProxy.dropTraffic();
      await expect.poll(() => ada.page.evaluate(() => navigator.onLine)).toBe(false);
      await ada.detectSilence();
      await expect(ada.connectionBadge).toHaveText("offline");
      for (const text of ["one", "two"]) await bob.send(text);
      await bob.expectMessages(["one", "two"]);
      for (const text of ["three", "four"]) await ada.send(text);
      await ada.expectPending(["three", "four"]);
      await ada.setOffline(false);
      await ada.expectResumed();
      for (const user of [ada, bob]) await user.expectMessages(["one", "two", "three", "four"]);
      await ada.expectPending([]);
    });

    test("Ada sees where messages are missing when the server no longer has all that were sent while she was disconnected", async ({
      server,
      tcpProxy,
      newUser,
    }) => {
      const ada = await newUser({ path });
      await ada.clock.install();
      await ada.join(tcpProxy.url, "Ada");
      await ada.send("before");
      await ada.expectMessages(["before"]);
      tcpProxy.refuseConnections();
      tcpProxy.closeConnections();
      await ada.expectDisconnected();
      await ada.clock.pause(); // otherwise a slow test makes the page's next attempt late
      const bob = await PlainClient.join(server.port, "Bob");
      const cyd = await newUser();
      await cyd.join(server.url, "Cyd");
      bob.sendMany(1_100); // the room of the library keeps the newest 1,000 events
      await expect(cyd.messages.last()).toHaveText("line 1100");

      tcpProxy.acceptConnections();
      await ada.clock.resume();
      await ada.expectResumed();
      await expect(ada.messages.last()).toHaveText("line 1100");
      await expect(ada.messages).toHaveCount(1 + 1_000);
      const items = ada.page.locator("#lines > li");
      await expect(items.nth(0)).toContainText("before");
      await expect(items.nth(1)).toHaveText("Some messages are missing here");
      await expect(items.nth(2)).toContainText("line 101");
    });

    test("Ada's history request and her stream of typing people survive a lost connection", async ({
      server,
      tcpProxy,
      newUser,
    }) => {
      const cyd = await PlainClient.join(server.port, "Cyd");
      cyd.sendMany(60);
      const bob = await newUser();
      await bob.joinWithPausedClock(server.url, "Bob");
      await expect(bob.messages.last()).toHaveText("line 60"); // the server has handled all of them
      const ada = await newUser({ path });
      await ada.clock.install();
      const sentFrames = await ada.recordSentFrames();
      await ada.join(tcpProxy.url, "Ada");
      await bob.composer.fill("hello");
      await ada.expectTyping("Bob is typing…");

      tcpProxy.dropTraffic();
      await ada.showEarlier();
      await ada.detectSilence();
      await ada.expectResumed();
      await expect(ada.messages).toHaveCount(60);
      await expect(ada.messages.first()).toHaveText("line 1");
      await bob.composer.fill("");
      await ada.expectTyping("");
      tcpProxy.closeConnections();
      await bob.composer.press("a");
      await ada.expectTyping("Bob is typing…");
      await bob.send("hello again, Ada");
      await expect(ada.messages.last()).toHaveText("hello again, Ada");
      await expect(ada.messages).toHaveCount(61);
      // The page has opened the stream once: the session continued it on each new connection.
      expect((await sentFrames()).filter((frame) => frame.includes("typing"))).toHaveLength(1);
    });
  });
}
