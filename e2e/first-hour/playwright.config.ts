import { defineConfig } from "@playwright/test";
import base from "../playwright.config.ts";

export default defineConfig({
  ...base,
  testDir: ".",
  testIgnore: [],
  outputDir: "../../test-results/first-hour",
  timeout: 600_000, // npm downloads the packages of the app
  projects: (base.projects ?? []).filter(({ name }) => name === "chromium"),
});
