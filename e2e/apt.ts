/** Installs Debian packages that the tests need besides the npm packages. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Installs these packages on Debian as root. Does nothing on another system, for another user, or without packages. */
export function installDebian(packages: readonly string[]): void {
  if (packages.length === 0 || !existsSync("/etc/debian_version") || process.getuid?.() !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args: string[]) => spawnSync("apt-get", args, { stdio: ["ignore", 2, 2], env });
  console.error(`installing ${packages.join(" and ")} with apt-get …`);
  if (aptGet("-qq", "update").status !== 0) return;
  aptGet("-qq", "install", "-y", "--no-install-recommends", ...packages);
}
