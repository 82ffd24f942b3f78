import { expect, test } from "./chat-test.ts";
import { longTimeouts } from "./server-options.ts";

test.use({ serverOptions: longTimeouts });

/** Records in the page's global `lifecycle` when the browser hides, shows, freezes and resumes the page. */
const recordLifecycle = `globalThis.lifecycle ??= (() => {
  const lifecycle = [];
  for (const type of ["visibilitychange", "freeze", "resume"])
    document.addEventListener(type, () =>
      lifecycle.push(type === "visibilitychange" ? document.visibilityState : type));
  return lifecycle;
})()`;

for (const path of ["/", "/react.html"])
  test(`@chromium at ${path} Ada's hidden tab receives messages, and her frozen tab receives them when it runs again, also when it lost its connection`, async ({
    server,
    tcpProxy,
    newUser,
    openChatTab,
  }) => {
    const ada = await openChatTab(`${tcpProxy.url}${path}#lobby`);
    const { tab } = ada;
    await ada.join("Ada");
    const bob = await newUser();
    await bob.join(server.url, "Bob");
    expect(await tab.evaluate(recordLifecycle)).toEqual([]);

    await tab.hide();
    await ada.expectValue("lifecycle").toEqual(["hidden"]);
    await bob.send("one");
    await ada.expectMessages(["one"]);

    await tab.freeze();
    await ada.expectValue("lifecycle").toEqual(["hidden", "freeze"]);
    await bob.send("two");
    await bob.expectMessages(["one", "two"]);
    expect(await ada.messages()).toEqual(["one"]);
    await tab.unfreeze();
    await tab.show();
    await ada.expectValue("lifecycle").toEqual(["hidden", "freeze", "resume", "visible"]);
    await ada.expectMessages(["one", "two"]);

    await tab.hide();
    await tab.freeze();
    await ada.expectValue("lifecycle.slice(4)").toEqual(["hidden", "freeze"]);
    tcpProxy.dropTraffic();
    await bob.send("three");
    await bob.expectMessages(["one", "two", "three"]);
    await tab.unfreeze();
    await tab.show();
    await ada.expectValue("lifecycle.slice(6)").toEqual(["resume", "visible"]);
    await ada.expectMessages(["one", "two", "three"]);
    expect(await tab.evaluate(`document.querySelector("#pill")?.getAttribute("data-resumed")`)).toBe("true");

    await ada.send("four");
    await bob.expectMessages(["one", "two", "three", "four"]);
    await ada.expectMessages(["one", "two", "three", "four"]);
    await bob.expectNotices([]);
  });
