import { defineConfig } from "@playwright/test";
import type { HooksOptions } from "./hooks.spec.ts";
import { findBrowser } from "./browsers.ts";

// A browser of Playwright's own is driven by its default name; a system browser by its path.
const chromium = findBrowser("chromium");
const firefox = findBrowser("firefox");

// The tests run as root in containers, and a browser that updates itself or probes QUIC makes noise there.
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
  outputDir: "../test-results",
  timeout: 90_000, // for a whole test: a page that nobody looks at may wait 30 s before it dials again
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
        ...(firefox && !firefox.bundled
          ? { channel: "moz-firefox", launchOptions: { executablePath: firefox.path } }
          : {}),
      },
    },
  ],
});
