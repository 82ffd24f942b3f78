/** Finds the browsers for the tests. As a program, it installs the missing ones from Debian and prints the paths. */
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, firefox } from "@playwright/test";
import { installDebian } from "./apt.ts";
import { isExecutable } from "./executable.ts";

/** A browser on this machine. */
export type FoundBrowser = {
  /** The path of its program. */
  readonly path: string;
  /** Whether Playwright has downloaded it. */
  readonly isBundled: boolean;
};

/** The browsers in which the tests run. */
export type BrowserName = "chromium" | "firefox";

/** For each browser: the environment variable that names its path, its commands, its Debian package, Playwright's own. */
const browsers = {
  chromium: {
    variable: "CHROMIUM_PATH",
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    debianPackage: "chromium",
    bundled: chromium,
  },
  firefox: {
    variable: "FIREFOX_PATH",
    commands: ["firefox-esr"],
    debianPackage: "firefox-esr",
    bundled: firefox,
  },
};

const names: readonly BrowserName[] = ["chromium", "firefox"];

/**
 * Finds a browser: the one that the environment variable names, otherwise the system's, otherwise Playwright's.
 * @returns undefined when the machine has none of them.
 */
export function findBrowser(name: BrowserName): FoundBrowser | undefined {
  const { variable, commands, bundled } = browsers[name];
  const chosen = process.env[variable];
  if (chosen) return isExecutable(chosen) ? { path: chosen, isBundled: false } : undefined;
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  for (const command of commands) {
    const path = folders.map((folder) => join(folder, command)).find(isExecutable);
    if (path) return { path, isBundled: false };
  }
  const path = bundled.executablePath();
  return isExecutable(path) ? { path, isBundled: true } : undefined;
}

function main(): void {
  const missing = (): BrowserName[] => names.filter((name) => !findBrowser(name));
  const isWronglyNamed = missing().some((name) => process.env[browsers[name].variable]);
  if (!isWronglyNamed) installDebian(missing().map((name) => browsers[name].debianPackage));
  const missingTexts = missing().map((name) => {
    const { debianPackage, variable } = browsers[name];
    return `${name} (Debian: ${debianPackage}; or set ${variable} to its path)`;
  });
  if (missingTexts.length > 0) {
    console.error(`The browser tests need ${missingTexts.join(" and ")}: install what is missing.`);
    process.exit(1);
  }
  for (const name of names) console.log(`${name}: ${findBrowser(name)?.path}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
