import { defineConfig } from "@playwright/test";
import type { HooksOptions } from "./hooks.spec.ts";
import { findBrowser } from "./browsers.ts";

// Playwright finds a browser that it has downloaded by its name; a browser of the system needs its path.
const chromium = findBrowser("chromium");
const firefox = findBrowser("firefox");

// The tests run as root in containers. Without these switches Chromium prints errors about QUIC and updates there.
const chromiumArgs = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const inChromium = {
  browserName: "chromium",
  launchOptions: { args: chromiumArgs, ...(chromium && { executablePath: chromium.path }) },
} as const;

export default defineConfig<HooksOptions>({
  testDir: ".",
  testMatch: "**/*.spec.ts",
  testIgnore: "first-hour/**", // `npm run first-hour`
  outputDir: "../test-results",
  timeout: 120_000, // of a whole test: a hidden page may wait 30 s before it reconnects
  expect: { timeout: 30_000 }, // two pages and a server share the machine with whatever else runs there
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: "list",
  projects: [
    { name: "chromium", use: inChromium },
    {
      name: "React 18",
      testMatch: "hooks.spec.ts",
      grepInvert: /@react-19/,
      use: { ...inChromium, react: "18" },
    },
    {
      name: "firefox",
      grepInvert: /@chromium/,
      use: {
        browserName: "firefox",
        ...(firefox && !firefox.isBundled
          ? { channel: "moz-firefox", launchOptions: { executablePath: firefox.path } }
          : {}),
      },
    },
  ],
});
