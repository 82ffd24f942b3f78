import { expect, test } from "./chat-test.ts";
import { focused, linesShown, pillText } from "./tab-view.ts";
import { timeless } from "./demo-options.ts";

test.use({ demoOptions: timeless });

/** What the browser has told the page of itself. */
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
    await shows(focused("name")).toBe("name");
    await ada.type("Ada");
    await shows(pillText).toBe("connected");
    const bob = await someone();
    await bob.enter(demo.url, "Bob");
    expect(await ada.evaluate(told)).toEqual([]);

    await ada.hide();
    await shows("told").toEqual(["hidden"]);
    await bob.say("one");
    await shows(linesShown).toEqual(["one"]);

    await ada.freeze();
    await shows("told").toEqual(["hidden", "freeze"]);
    await bob.say("two");
    await expect(bob.lines).toHaveText(["one", "two"]);
    expect(await ada.evaluate(linesShown)).toEqual(["one"]);
    await ada.thaw();
    await ada.show();
    await shows("told").toEqual(["hidden", "freeze", "resume", "visible"]);
    await shows(linesShown).toEqual(["one", "two"]);

    await ada.hide();
    await ada.freeze();
    await shows("told.slice(4)").toEqual(["hidden", "freeze"]);
    blackHole.swallow();
    await bob.say("three");
    await expect(bob.lines).toHaveText(["one", "two", "three"]);
    await ada.thaw();
    await ada.show();
    await shows("told.slice(6)").toEqual(["resume", "visible"]);
    await shows(linesShown).toEqual(["one", "two", "three"]);
    expect(await ada.evaluate(`document.querySelector("#pill")?.getAttribute("data-resumed")`)).toBe("true");

    await shows(focused("text")).toBe("text");
    await ada.type("four");
    await expect(bob.lines).toHaveText(["one", "two", "three", "four"]);
    await shows(linesShown).toEqual(["one", "two", "three", "four"]);
    await expect(bob.notices).toHaveCount(0);
  });
