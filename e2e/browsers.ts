/** Finds the browsers the end-to-end tests drive, and installs Debian's where none is to be found. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, firefox } from "@playwright/test";
import { installDebian } from "./apt.ts";

/** Where a browser is, and whether it is the build that Playwright brings along. */
export type FoundBrowser = { readonly path: string; readonly bundled: boolean };

/** The browsers the tests drive. */
export type BrowserName = "chromium" | "firefox";

const kinds = {
  chromium: {
    variable: "CHROMIUM_PATH",
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    bundled: chromium,
  },
  firefox: { variable: "FIREFOX_PATH", commands: ["firefox-esr"], bundled: firefox },
};

const names: readonly BrowserName[] = ["chromium", "firefox"];
const packages = { chromium: "chromium", firefox: "firefox-esr" };

/** The named browser: the one the environment names, else the system's, else Playwright's, else none. */
export function findBrowser(name: BrowserName): FoundBrowser | undefined {
  const { variable, commands, bundled } = kinds[name];
  const chosen = process.env[variable];
  if (chosen) return runs(chosen) ? { path: chosen, bundled: false } : undefined;
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  for (const command of commands) {
    const path = folders.map((folder) => join(folder, command)).find(runs);
    if (path) return { path, bundled: false };
  }
  const path = bundled.executablePath();
  return runs(path) ? { path, bundled: true } : undefined;
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(): BrowserName[] {
  return names.filter((name) => !findBrowser(name));
}

function main(): void {
  const misnamed = names.filter((name) => process.env[kinds[name].variable] && !findBrowser(name));
  if (misnamed.length === 0) installDebian(missing().map((name) => packages[name]));
  const lacking = missing();
  if (lacking.length > 0) {
    const what = lacking.map(
      (name) => `${name} (Debian: ${packages[name]}; or name one in ${kinds[name].variable})`,
    );
    console.error(`The end-to-end tests need a browser this machine lacks: install ${what.join(" and ")}.`);
    process.exit(1);
  }
  for (const name of names) console.log(`${name}: ${findBrowser(name)?.path}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
