import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, type BrowserContext } from "@playwright/test";
import { BlackHole } from "./black-hole.ts";
import { ChatPage } from "./chat-page.ts";
import { ports } from "./ports.ts";
import { ServerProcess } from "./server-process.ts";
import { Tab } from "./tab.ts";
import type { DemoOptions } from "./demo-options.ts";

type Chat = {
  /** Options of the test's server. */
  readonly demoOptions: DemoOptions;
  /** Where the test's server keeps what outlives it. */
  readonly data: string;
  /** The test's own server. */
  readonly demo: ServerProcess;
  /** A way to that server that can swallow what passes. */
  readonly blackHole: BlackHole;
  /** Another person: a fresh browser profile, or another tab of a given one; on the plain page, or on that of a path. */
  readonly someone: (at?: { readonly context?: BrowserContext; readonly path?: string }) => Promise<ChatPage>;
  /** A tab that can be hidden and frozen, where `script` runs before the page's own. */
  readonly openTab: (url: string, script?: string) => Promise<Tab>;
};

/** A test with a demo server of its own, and people to talk there. */
export const test = base.extend<Chat>({
  demoOptions: [{}, { option: true }],
  data: async ({}, use) => {
    const data = await mkdtemp(join(tmpdir(), "symbolon-demo-"));
    await use(data);
    await rm(data, { recursive: true });
  },
  demo: async ({ demoOptions, data }, use, { parallelIndex }) => {
    const { interval, timeout } = demoOptions.heartbeat ?? {};
    const env = {
      DATA: data,
      HEARTBEAT_INTERVAL: String(interval ?? ""),
      HEARTBEAT_TIMEOUT: String(timeout ?? ""),
      TYPING_TIMEOUT: String(demoOptions.typingTimeout ?? ""),
    };
    const demo = await ServerProcess.start(ports(parallelIndex), { name: "demo", folder: "../demo", env });
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
    await use(async ({ context, path } = {}) => {
      const own = context ?? (await browser.newContext());
      if (!context) contexts.push(own);
      return new ChatPage(await own.newPage(), path);
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  openTab: async ({}, use) => {
    const tabs: Tab[] = [];
    await use(async (url, script) => {
      const tab = await Tab.open(url, script);
      tabs.push(tab);
      return tab;
    });
    await Promise.all(tabs.map((tab) => tab.close()));
  },
});

export { expect } from "@playwright/test";
