import { expect, test } from "./chat-test.ts";

test.use({ demoOptions: { heartbeat: { interval: 500, timeout: 500 } } });

/** What the page shows of the conversation, and what the browser has told it of itself. */
const lines = `Array.from(document.querySelectorAll("#lines .line .text"), (line) => line.textContent)`;
const pill = `document.querySelector("#pill")?.textContent`;
const told = `globalThis.told ??= (() => {
  const told = [];
  for (const type of ["visibilitychange", "freeze", "resume"])
    document.addEventListener(type, () => told.push(type === "visibilitychange" ? document.visibilityState : type));
  return told;
})()`;

for (const path of ["/", "/react.html"])
  test(`@chromium at ${path} a tab that is hidden hears, and one that was frozen goes on, whether its connection has lived or not`, async ({
    demo,
    blackHole,
    someone,
    openTab,
  }) => {
    const ada = await openTab(`${blackHole.url}${path}#lobby`);
    const shows = (expression: string) => expect.poll(() => ada.evaluate(expression), { timeout: 30_000 });
    await shows(`document.querySelector("#name")?.focus(), document.activeElement?.id`).toBe("name");
    await ada.type("Ada");
    await shows(pill).toBe("connected");
    const bob = await someone();
    await bob.enter(demo.url, "Bob");
    expect(await ada.evaluate(told)).toEqual([]);

    await ada.hide();
    await shows("told").toEqual(["hidden"]);
    await bob.say("one");
    await shows(lines).toEqual(["one"]);

    await ada.freeze();
    await shows("told").toEqual(["hidden", "freeze"]);
    await bob.say("two");
    await expect(bob.lines).toHaveText(["one", "two"]);
    expect(await ada.evaluate(lines)).toEqual(["one"]);
    await ada.thaw();
    await ada.show();
    await shows("told").toEqual(["hidden", "freeze", "resume", "visible"]);
    await shows(lines).toEqual(["one", "two"]);

    await ada.hide();
    await ada.freeze();
    await shows("told.slice(4)").toEqual(["hidden", "freeze"]);
    blackHole.swallow();
    await bob.say("three");
    await expect(bob.lines).toHaveText(["one", "two", "three"]);
    await ada.thaw();
    await ada.show();
    await shows("told.slice(6)").toEqual(["resume", "visible"]);
    await shows(lines).toEqual(["one", "two", "three"]);
    expect(await ada.evaluate(`document.querySelector("#pill")?.getAttribute("data-resumed")`)).toBe("true");

    await shows(`document.querySelector("#text")?.focus(), document.activeElement?.id`).toBe("text");
    await ada.type("four");
    await expect(bob.lines).toHaveText(["one", "two", "three", "four"]);
    await shows(lines).toEqual(["one", "two", "three", "four"]);
    await expect(bob.notices).toHaveCount(0);
  });
