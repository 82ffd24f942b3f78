/** Several nodes that share a Redis: see demo/nodes. */
import { findOrInstallRedis } from "../demo/nodes/find-redis.ts";
import type { ChatPage } from "./chat-page.ts";
import { expect, test } from "./chat-test.ts";
import { type ReceivedMessage, recordReceived, textOf } from "./numbered-messages.ts";
import { ports } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";

/** Sends the messages `first` to `last` of a person. */
async function sendNumbered(user: ChatPage, from: string, first: number, last: number): Promise<void> {
  for (let number = first; number <= last; number += 1) await user.send(textOf({ from, number }));
}

/** Registers the test where there is a Redis; otherwise a line of the output says what is missing. */
if (findOrInstallRedis() !== undefined)
  test("@chromium each message arrives once and in order while the node of Ada's page is killed, and her page goes on at another node", async ({
    newUser,
  }) => {
    const args = ["start.ts", "--nodes", "3"];
    const server = await ServerProcess.start(ports(), { name: "demo", folder: "../demo", args });
    try {
      const users = { Ada: await newUser(), Bob: await newUser() };
      for (const [name, user] of Object.entries(users)) {
        await user.page.addInitScript(recordReceived);
        await user.join(server.url, name);
      }
      const { Ada: ada, Bob: bob } = users;
      await ada.expectPeople(["Ada", "Bob"]);
      await bob.expectPeople(["Bob", "Ada"]);
      const nodeLine = ada.page.locator("#node");
      await expect(nodeLine).toHaveText(/^node [123] of 3$/);
      const killedNode = await nodeLine.textContent();

      const sendFromAda = async (): Promise<void> => {
        await sendNumbered(ada, "Ada", 1, 5);
        await ada.page.getByRole("button", { name: "Kill this node" }).click();
        await sendNumbered(ada, "Ada", 6, 15);
      };
      await Promise.all([sendFromAda(), sendNumbered(bob, "Bob", 1, 15)]);
      await expect(nodeLine).not.toHaveText(killedNode ?? "");
      await expect(nodeLine).toHaveText(/^node [123] of 3$/);
      await ada.expectResumed();

      for (const user of [ada, bob]) {
        await expect(user.messages).toHaveCount(30);
        await user.expectPending([]);
        const received = await user.page.evaluate<ReceivedMessage[]>("received");
        expect(received.map(textOf)).toEqual(await user.messages.allTextContents()); // none came twice
        for (const name of Object.keys(users)) {
          const numbers = received.filter(({ from }) => from === name).map(({ number }) => number);
          expect(numbers).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
        }
      }
      await ada.expectMessages(await bob.messages.allTextContents());
      await ada.expectNotices(["Bob joined"]);
      await bob.expectNotices([]);
    } finally {
      await server.terminate();
    }
  });
