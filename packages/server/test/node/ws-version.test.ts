import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkWsVersion, isOlder } from "../../src/node/ws-version.ts";

const floor = "8.21.1";

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}

// S37
test("package-lock.json resolves no `ws` below its floor", () => {
  const path = fileURLToPath(new URL("../../../../package-lock.json", import.meta.url));
  const { packages } = JSON.parse(readFileSync(path, "utf8")) as Lock;
  const versions = Object.entries(packages)
    .filter(([name]) => name.endsWith("node_modules/ws"))
    .map(([, { version = "0" }]) => version);
  expect(versions.length).toBeGreaterThan(0);
  expect(versions.filter((version) => isOlder(version, floor))).toEqual([]);
});

// S37
test.each(["8.21.0", "8.20.9", "7.5.11", "8.9.99", "8.21"])(
  "a server refuses to start with ws %s",
  (version) => {
    expect(() => checkWsVersion(version)).toThrow(
      new Error(`@symbolon/server needs ws ${floor} or newer, and found ws ${version}: update ws`),
    );
  },
);

test.each([floor, "8.21.10", "8.23.0", "8.100.0", "9.0.0", "9.0.0-beta.1"])(
  "a server starts with ws %s",
  (version) => {
    expect(() => checkWsVersion(version)).not.toThrow();
  },
);

test("a server starts with the `ws` of this repository", () => {
  expect(() => checkWsVersion()).not.toThrow();
});
