import type { ChatPage } from "./chat-page.ts";
import { expect, test } from "./chat-test.ts";
import { Figures, type Recovery } from "./figures.ts";
import { type Heard, keepHeard, wordsOf } from "./heard.ts";
import { focused, linesShown, pillText } from "./tab-view.ts";

// Three conversations, each with several faults.
test.setTimeout(300_000);
const patience = { timeout: 60_000 };
test.use({ demoOptions: { heartbeat: { interval: 500, timeout: 500 } } });

const good = { lost: 0, duplicated: 0, reordered: 0 };

/** What a page is to show: what its sockets have heard, each line once. */
function onceOf(heard: readonly Heard[]): string[] {
  return [...new Set(heard.map(wordsOf))];
}

/** Waits until a page shows these lines. */
async function shows({ lines }: ChatPage, words: readonly string[]): Promise<void> {
  for (const hasText of words) await expect(lines.filter({ hasText }).first()).toBeAttached(patience);
}

/** Judges what a page has heard, and that it has shown that. */
async function judge(
  figures: Figures,
  name: string,
  { page, lines }: ChatPage,
  recoveries: readonly Recovery[] = [],
): Promise<void> {
  const heard = await page.evaluate<Heard[]>("heard");
  figures.judge(name, heard, recoveries);
  await expect(lines).toHaveText(onceOf(heard));
}

test("every line comes once and in order while connections are cut and swallowed and the server is killed", async ({
  demo,
  blackHole,
  someone,
}, { project }) => {
  const figures = new Figures();
  // Each time with new pages: one that has lost many connections waits long before it dials again.
  for (const only of [undefined, "up", "down"] as const) {
    figures.begin();
    const recoveries: Recovery[] = [];
    const people = { Ada: await someone(), Bob: await someone() };
    for (const { page } of Object.values(people)) await page.addInitScript(keepHeard);
    const room = `swallowed ${only ?? "both ways"}`;
    await people.Ada.enter(blackHole.url, "Ada", room);
    await people.Bob.enter(demo.url, "Bob", room);

    const talk = async (aroundKill: boolean): Promise<void> => {
      const each = Object.entries(people).map(async ([name, one]) => {
        for (let line = 0; line < 5; line += 1) await one.say(figures.next(name, aroundKill));
      });
      await Promise.all(each);
    };
    const during = async (fault: () => void | Promise<void>, kills = false): Promise<void> => {
      await talk(kills); // what was said last is on its way
      const after = figures.saidBy("Ada");
      const struck = async (): Promise<number> => {
        await fault();
        return Date.now();
      };
      const [since] = await Promise.all([struck(), talk(kills)]);
      recoveries.push({ since, from: "Ada", after });
      for (const one of Object.values(people)) await shows(one, figures.last);
    };
    await during(() => blackHole.cut());
    await during(() => blackHole.swallow(only));
    await during(async () => {
      await demo.kill();
      expect(await demo.start()).toBe(true);
    }, true);

    for (const one of Object.values(people)) await one.isResumed();
    await judge(figures, "Ada", people.Ada, recoveries);
    await judge(figures, "Bob", people.Bob);
    for (const { page } of Object.values(people)) await page.close();
  }
  console.log(`${project.name}: ${String(figures)}`);
  expect(figures.verdict).toMatchObject(good);
});

test("@chromium every line comes once and in order while a tab is hidden and frozen", async ({
  demo,
  blackHole,
  someone,
  openTab,
}, { project }) => {
  const figures = new Figures();
  const recoveries: Recovery[] = [];
  const ada = await openTab(`${blackHole.url}/#lobby`, `(${String(keepHeard)})()`);
  const finds = (expression: string) => expect.poll(() => ada.evaluate(expression), patience);
  await finds(focused("name")).toBe("name");
  await ada.type("Ada");
  await finds(pillText).toBe("connected");
  const bob = await someone();
  await bob.page.addInitScript(keepHeard);
  await bob.enter(demo.url, "Bob");

  const bobTalks = async (): Promise<void> => {
    for (let line = 0; line < 5; line += 1) await bob.say(figures.next("Bob"));
    await shows(bob, figures.last);
  };
  const comes = async (): Promise<void> => finds(linesShown).toEqual(expect.arrayContaining(figures.last));
  const ways = [
    { frozen: true, swallowed: false },
    { frozen: false, swallowed: true },
    { frozen: true, swallowed: true },
  ];
  for (const { frozen, swallowed } of [...ways, ...ways]) {
    await finds(focused("text")).toBe("text");
    for (let line = 0; line < 5; line += 1) await ada.type(figures.next("Ada"));
    await ada.hide();
    await bobTalks();
    await comes();

    const after = figures.saidBy("Bob");
    if (frozen) await ada.freeze();
    if (swallowed) blackHole.swallow();
    await bobTalks();
    const since = Date.now();
    if (frozen) await ada.thaw();
    await ada.show();
    recoveries.push({ since, from: "Bob", after });
    await comes();
  }

  const heard = (await ada.evaluate("heard")) as Heard[];
  figures.judge("Ada", heard, recoveries);
  expect(await ada.evaluate(linesShown)).toEqual(onceOf(heard));
  await judge(figures, "Bob", bob);
  console.log(`${project.name}, a tab hidden and frozen: ${String(figures)}`);
  expect(figures.verdict).toMatchObject(good);
});
