import { createRequire } from "node:module";

/** The oldest `ws` that bounds what a client's fragments cost (CVE-2026-48779 and its completion). */
const floor = "8.21.1";

/**
 * Checks the version of `ws` that Node has found: another dependency may have replaced ours.
 * @throws Error when it is too old. A bundle without the `package.json` of `ws` is not checked.
 */
export function checkWsVersion(found: string | undefined = foundVersion()): void {
  if (found !== undefined && isOlder(found, floor))
    throw new Error(`@symbolon/server needs ws ${floor} or newer, and found ws ${found}: update ws`);
}

function foundVersion(): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)("ws/package.json") as { readonly version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Whether `version` is before `other`; a prerelease counts as its release. */
export function isOlder(version: string, other: string): boolean {
  const [own, wanted] = [version, other].map((one) => one.split(/[.+-]/, 3).map(Number));
  for (const [at, part] of (wanted ?? []).entries()) {
    const mine = own?.[at] ?? 0;
    if (mine !== part) return mine < part;
  }
  return false;
}
