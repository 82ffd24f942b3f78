import { test as base, type BrowserContext } from "@playwright/test";
import { BlackHole } from "./black-hole.ts";
import { ChatPage } from "./chat-page.ts";
import { type DemoOptions, DemoServer } from "./demo-server.ts";

type Chat = {
  /** Options of the test's server. */
  readonly demoOptions: DemoOptions;
  /** The test's own server. */
  readonly demo: DemoServer;
  /** A way to that server that can swallow what passes. */
  readonly blackHole: BlackHole;
  /** Another person: a fresh browser profile, or another tab of a given one. */
  readonly someone: (context?: BrowserContext) => Promise<ChatPage>;
};

// Below the ports that the system hands out by itself, so that a killed server finds its port free again.
let lastPort = 0;
function* ports(worker: number): Generator<number> {
  for (let tried = 0; tried < 500; tried += 1) yield 20_000 + (worker % 20) * 500 + (lastPort++ % 500);
}

/** A test with a demo server of its own, and people to talk there. */
export const test = base.extend<Chat>({
  demoOptions: [{}, { option: true }],
  demo: async ({ demoOptions }, use, { parallelIndex }) => {
    const demo = await DemoServer.start(ports(parallelIndex), demoOptions);
    await use(demo);
    await demo.kill();
  },
  blackHole: async ({ demo }, use) => {
    const blackHole = await BlackHole.inFrontOf(demo.port);
    await use(blackHole);
    blackHole.close();
  },
  someone: async ({ browser }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (context) => {
      const own = context ?? (await browser.newContext());
      if (!context) contexts.push(own);
      return new ChatPage(await own.newPage());
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

export { expect } from "@playwright/test";
