import { readFile } from "node:fs/promises";

/** The command of docs/nodes.md that gives the user "chat" the rights that a store needs. */
export async function documentedRights(): Promise<readonly string[]> {
  const page = await readFile(new URL("../../../../docs/nodes.md", import.meta.url), "utf8");
  const command = /redis-cli (ACL SETUSER [^`]*)```/.exec(page)?.[1] ?? "";
  return command.replaceAll(/["\\]/g, "").trim().split(/\s+/);
}
