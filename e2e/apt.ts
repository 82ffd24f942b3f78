/** Installs Debian packages that programs outside npm need. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Installs these, where that may be done unasked: on Debian, as root. Elsewhere, and for none, does nothing. */
export function installDebian(packages: readonly string[]): void {
  if (packages.length === 0 || !existsSync("/etc/debian_version") || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = (...args: string[]) => spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env });
  console.error(`installing ${packages.join(" and ")} with apt-get …`);
  if (apt("-qq", "update").status !== 0) return;
  apt("-qq", "install", "-y", "--no-install-recommends", ...packages);
}
