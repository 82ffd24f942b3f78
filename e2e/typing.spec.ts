import { expect, test } from "./chat-test.ts";
import { longTimeouts } from "./server-options.ts";

test.use({ serverOptions: longTimeouts });

for (const path of ["/", "/react.html"]) {
  test(`at ${path} Ada sees who else is typing until they send the message or stop`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    const bob = await newUser();
    await bob.joinWithPausedClock(server.url, "Bob");
    await ada.expectTyping("");

    await bob.composer.fill("hello A");
    await ada.expectTyping("Bob is typing…");
    await bob.expectTyping("");
    const cyd = await newUser({ path });
    await cyd.joinWithPausedClock(server.url, "Cyd");
    await cyd.expectTyping("Bob is typing…");

    await bob.composer.fill("hello Ad");
    await cyd.composer.fill("hello B");
    await ada.expectTyping("Bob and Cyd are typing…");
    await bob.send("hello Ada");
    await ada.expectMessages(["hello Ada"]);
    await ada.expectTyping("Cyd is typing…");
    await cyd.clock.advance(3_000); // Cyd presses no key in this time
    await ada.expectTyping("");
  });

  test(`at ${path} Ada sees "Several people" when three people are typing, and their names when one leaves`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    const others = await Promise.all([newUser({ path }), newUser(), newUser()]);
    const [bob0, bob1] = others;
    for (const [index, other] of others.entries())
      await other.joinWithPausedClock(server.url, `Bob ${index}`);
    for (const other of others) await other.composer.fill("hello");
    await ada.expectTyping("Several people are typing…");
    await bob0.leave();
    await bob0.clock.resume(); // React closes the connection in a task of its own
    await ada.expectTyping("Bob 1 and Bob 2 are typing…");
    await bob1.composer.fill("");
    await ada.expectTyping("Bob 2 is typing…");
  });

  test(`at ${path} Ada sees again who is typing when the server has been killed and started again`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.joinWithPausedClock(server.url, "Ada");
    const bob = await newUser({ path });
    await bob.joinWithPausedClock(server.url, "Bob");
    await bob.composer.fill("hello");
    await ada.expectTyping("Bob is typing…");

    await server.kill();
    await ada.expectTyping("");
    await ada.expectDisconnected();
    await bob.expectDisconnected();
    await bob.composer.fill("");
    expect(await server.start()).toBe(true);
    for (const { clock } of [ada, bob]) await clock.resume();
    await ada.expectConnected();
    await bob.expectConnected();
    await ada.expectPeople(["Ada", "Bob"]);
    await bob.clock.pause();
    await bob.composer.fill("hello again");
    await ada.expectTyping("Bob is typing…");
  });

  test(`at ${path} Bob no longer counts as typing when his page does not repeat its report`, async ({
    server,
    newUser,
  }) => {
    const ada = await newUser({ path });
    await ada.join(server.url, "Ada");
    const typingTexts = await ada.recordTyping();
    const bob = await newUser();
    await bob.joinWithPausedClock(server.url, "Bob");
    await bob.composer.fill("hello");
    await ada.expectTyping("Bob is typing…");
    server.advance(longTimeouts.typingTimeout);
    await ada.expectTyping("");
    expect(await typingTexts()).toEqual(["Bob is typing…", ""]);
  });
}
