import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as base, type BrowserContext } from "@playwright/test";
import { ChatPage } from "./chat-page.ts";
import { ChatTab } from "./chat-tab.ts";
import { ChromiumTab } from "./chromium-tab.ts";
import { ports } from "./ports.ts";
import type { ServerOptions } from "./server-options.ts";
import { ServerProcess } from "./server-process.ts";
import { TcpProxy } from "./tcp-proxy.ts";

type UserOptions = {
  /** The browser profile, to open another tab in it. Default: a new one. */
  readonly context?: BrowserContext;
  /** The path of the page. Default: the plain page. */
  readonly path?: string;
};

type TabOptions = {
  /** Runs before the page's own scripts. */
  readonly script?: string;
  /** How long an expectation waits, in ms. */
  readonly timeout?: number;
};

type ChatFixtures = {
  /** Options of the test's server. */
  readonly serverOptions: ServerOptions;
  /** The folder of the files that survive the test's server. */
  readonly dataDirectory: string;
  /** The demo server of this test alone. */
  readonly server: ServerProcess;
  /** A proxy in front of that server. */
  readonly tcpProxy: TcpProxy;
  /** Creates a user with a page, which has not opened the chat yet. */
  readonly newUser: (options?: UserOptions) => Promise<ChatPage>;
  /** Opens the chat in a Chromium tab that the test can hide and freeze. */
  readonly openChatTab: (url: string, options?: TabOptions) => Promise<ChatTab>;
};

/** A test with a demo server of its own, and users who chat there. */
export const test = base.extend<ChatFixtures>({
  serverOptions: [{}, { option: true }],
  dataDirectory: async ({}, use) => {
    const directory = await mkdtemp(join(tmpdir(), "symbolon-demo-"));
    await use(directory);
    await rm(directory, { recursive: true });
  },
  server: async ({ serverOptions, dataDirectory }, use) => {
    const { interval, timeout } = serverOptions.heartbeat ?? {};
    const env = {
      DATA: dataDirectory,
      HEARTBEAT_INTERVAL: String(interval ?? ""),
      HEARTBEAT_TIMEOUT: String(timeout ?? ""),
      TYPING_TIMEOUT: String(serverOptions.typingTimeout ?? ""),
    };
    const server = await ServerProcess.start(ports(), { name: "demo", folder: "../demo", env });
    await use(server);
    await server.kill();
  },
  tcpProxy: async ({ server }, use) => {
    const proxy = await TcpProxy.start(server.port);
    await use(proxy);
    proxy.close();
  },
  newUser: async ({ browser }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async ({ context, path } = {}) => {
      const profile = context ?? (await browser.newContext());
      if (!context) contexts.push(profile);
      return new ChatPage(await profile.newPage(), path);
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  openChatTab: async ({}, use) => {
    const tabs: ChromiumTab[] = [];
    await use(async (url, { script, timeout } = {}) => {
      const tab = await ChromiumTab.open(url, script);
      tabs.push(tab);
      return new ChatTab(tab, timeout);
    });
    await Promise.all(tabs.map((tab) => tab.close()));
  },
});

export { expect } from "@playwright/test";
