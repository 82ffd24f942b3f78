import { defineConfig } from "@playwright/test";
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

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.ts",
  outputDir: "../test-results",
  workers: 2,
  retries: 0,
  forbidOnly: true,
  reporter: "list",
  projects: [
    {
      name: "chromium",
      use: {
        browserName: "chromium",
        launchOptions: { args: chromiumArgs, ...(chromium && { executablePath: chromium.path }) },
      },
    },
    {
      name: "firefox",
      use: {
        browserName: "firefox",
        ...(firefox && !firefox.bundled
          ? { channel: "moz-firefox", launchOptions: { executablePath: firefox.path } }
          : {}),
      },
    },
  ],
});
