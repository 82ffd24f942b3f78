import type { ChatPage } from "./chat-page.ts";
import { expect, test } from "./chat-test.ts";
import { DeliveryFigures, type Recovery } from "./delivery-figures.ts";
import { type ReceivedMessage, recordReceived, textOf } from "./numbered-messages.ts";

test.setTimeout(300_000); // the tests cause many faults
test.use({ serverOptions: { heartbeat: { interval: 500, timeout: 500 } } });

/** How long a page may take to recover from a fault, in ms. */
const recoveryTimeout = 60_000;

const perfect = { lost: 0, duplicated: 0, reordered: 0 };

/** The texts that a page should show: each received message once. */
function textsOnce(received: readonly ReceivedMessage[]): string[] {
  return [...new Set(received.map(textOf))];
}

/** Waits until a page shows these messages, among others. */
async function expectMessagesIncluding({ messages }: ChatPage, texts: readonly string[]): Promise<void> {
  for (const hasText of texts)
    await expect(messages.filter({ hasText }).first()).toBeAttached({ timeout: recoveryTimeout });
}

/** Checks what a page has received, and that the page shows it. */
async function checkPage(
  figures: DeliveryFigures,
  name: string,
  chatPage: ChatPage,
  recoveries: readonly Recovery[] = [],
): Promise<void> {
  const received = await chatPage.page.evaluate<ReceivedMessage[]>("received");
  figures.check(name, received, recoveries);
  await chatPage.expectMessages(textsOnce(received));
}

test("each message arrives once and in order while the proxy closes connections and drops traffic and the server is killed", async ({
  server,
  tcpProxy,
  newUser,
}, { project }) => {
  const figures = new DeliveryFigures();
  // Each round has new pages: a page that has lost many connections waits long before its next attempt.
  for (const direction of [undefined, "toServer", "toPage"] as const) {
    figures.startRoom();
    const recoveries: Recovery[] = [];
    const users = { Ada: await newUser(), Bob: await newUser() };
    for (const { page } of Object.values(users)) await page.addInitScript(recordReceived);
    const room = `dropped ${direction ?? "both ways"}`;
    await users.Ada.join(tcpProxy.url, "Ada", room);
    await users.Bob.join(server.url, "Bob", room);

    const sendFromBoth = async (isAroundKill: boolean): Promise<void> => {
      const sending = Object.entries(users).map(async ([name, user]) => {
        for (let count = 0; count < 5; count += 1) await user.send(figures.nextText(name, isAroundKill));
      });
      await Promise.all(sending);
    };
    const sendAroundFault = async (fault: () => void | Promise<void>, isKill = false): Promise<void> => {
      await sendFromBoth(isKill); // the last messages are on their way when the fault begins
      const after = figures.sentBy("Ada");
      const causeFault = async (): Promise<number> => {
        await fault();
        return Date.now();
      };
      const [since] = await Promise.all([causeFault(), sendFromBoth(isKill)]);
      recoveries.push({ since, from: "Ada", after });
      for (const user of Object.values(users)) await expectMessagesIncluding(user, figures.lastTexts);
    };
    await sendAroundFault(() => tcpProxy.closeConnections());
    await sendAroundFault(() => tcpProxy.dropTraffic(direction));
    await sendAroundFault(async () => {
      await server.kill();
      expect(await server.start()).toBe(true);
    }, true);

    for (const user of Object.values(users)) await user.expectResumed();
    await checkPage(figures, "Ada", users.Ada, recoveries);
    await checkPage(figures, "Bob", users.Bob);
    for (const { page } of Object.values(users)) await page.close();
  }
  console.log(`${project.name}: ${String(figures)}`);
  expect(figures.verdict).toMatchObject(perfect);
});

test("@chromium each message arrives once and in order while Ada's tab is hidden and frozen", async ({
  server,
  tcpProxy,
  newUser,
  openChatTab,
}, { project }) => {
  const figures = new DeliveryFigures();
  const recoveries: Recovery[] = [];
  const script = `(${String(recordReceived)})()`;
  const ada = await openChatTab(`${tcpProxy.url}/#lobby`, { script, timeout: recoveryTimeout });
  await ada.join("Ada");
  const bob = await newUser();
  await bob.page.addInitScript(recordReceived);
  await bob.join(server.url, "Bob");

  const sendFromBob = async (): Promise<void> => {
    for (let count = 0; count < 5; count += 1) await bob.send(figures.nextText("Bob"));
    await expectMessagesIncluding(bob, figures.lastTexts);
  };
  const faults = [
    { isFrozen: true, isDropped: false },
    { isFrozen: false, isDropped: true },
    { isFrozen: true, isDropped: true },
  ];
  for (const { isFrozen, isDropped } of [...faults, ...faults]) {
    for (let count = 0; count < 5; count += 1) await ada.send(figures.nextText("Ada"));
    await ada.tab.hide();
    await sendFromBob();
    await ada.expectMessagesIncluding(figures.lastTexts);

    const after = figures.sentBy("Bob");
    if (isFrozen) await ada.tab.freeze();
    if (isDropped) tcpProxy.dropTraffic();
    await sendFromBob();
    const since = Date.now();
    if (isFrozen) await ada.tab.unfreeze();
    await ada.tab.show();
    recoveries.push({ since, from: "Bob", after });
    await ada.expectMessagesIncluding(figures.lastTexts);
  }

  const received = (await ada.tab.evaluate("received")) as ReceivedMessage[];
  figures.check("Ada", received, recoveries);
  expect(await ada.messages()).toEqual(textsOnce(received));
  await checkPage(figures, "Bob", bob);
  console.log(`${project.name}, a hidden and frozen tab: ${String(figures)}`);
  expect(figures.verdict).toMatchObject(perfect);
});
