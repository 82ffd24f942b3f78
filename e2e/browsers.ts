/** Finds the browsers the end-to-end tests drive, and installs Debian's where none is to be found. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, firefox } from "@playwright/test";

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

function install(wanted: readonly BrowserName[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env });
  console.error(`installing ${wanted.map((name) => packages[name]).join(" and ")} with apt-get …`);
  if (apt("-qq", "update").status !== 0) return;
  apt("-qq", "install", "-y", "--no-install-recommends", ...wanted.map((name) => packages[name]));
}

function main(): void {
  const misnamed = names.filter((name) => process.env[kinds[name].variable] && !findBrowser(name));
  if (
    misnamed.length === 0 &&
    missing().length > 0 &&
    existsSync("/etc/debian_version") &&
    process.getuid?.() === 0
  ) {
    install(missing());
  }
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
