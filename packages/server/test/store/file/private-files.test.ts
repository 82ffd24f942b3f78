// S34: what another user could plant in the directory of a store, or change there.
import { chmod, link, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileStore } from "../../../src/store/file/file-store.ts";
import { newSession } from "../store-fixtures.ts";
import { temporaryDirectory } from "./directories.ts";

const hasModes = process.platform !== "win32";

/** Opens a store, and closes it after the test. */
async function openStore(directory: string) {
  const store = await fileStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

/** The mode of a file or directory, without its type. */
async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

describe.runIf(hasModes)("where files have modes", () => {
  test.each([0o777, 0o775, 0o722, 0o1777])(
    "a directory of mode 0%s, to which other users may write, is refused with what to do",
    async (mode) => {
      const directory = await temporaryDirectory();
      await chmod(directory, mode);
      await expect(fileStore({ directory })).rejects.toThrow(
        new Error(
          `other users may write to the directory ${JSON.stringify(directory)} of the store (its mode is 0${(mode & 0o777).toString(8)}): remove what you do not know from it, then run: chmod 700 ${JSON.stringify(directory)}`,
        ),
      );
      expect(await readdir(directory)).toEqual([]);
      await chmod(directory, 0o700);
      expect((await openStore(directory)).report.history).toBe("new");
    },
  );

  test.each([0o700, 0o750, 0o755])("a directory of mode 0%s is used as it is", async (mode) => {
    const directory = await temporaryDirectory();
    await chmod(directory, mode);
    expect((await openStore(directory)).report.history).toBe("new");
    expect(await modeOf(directory)).toBe(mode);
  });

  test("the store makes its directory and its files for this user alone", async () => {
    const directory = join(await temporaryDirectory(), "made");
    const store = await openStore(directory);
    await store.sessions.create(newSession);
    const names = await readdir(directory);
    expect(names).toEqual(["journal", "lock"]);
    expect(await modeOf(directory)).toBe(0o700);
    for (const name of names) expect([name, await modeOf(join(directory, name))]).toEqual([name, 0o600]);
  });

  test("the copy of a damaged journal is for this user alone", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "journal"), "", { mode: 0o644 });
    await openStore(directory);
    expect(await modeOf(join(directory, "journal.damaged"))).toBe(0o600);
    expect(await modeOf(join(directory, "journal"))).toBe(0o600);
  });
});

test.each(["", "/"])(
  "a directory that is a symbolic link is refused (its path ends with %j)",
  async (end) => {
    const root = await temporaryDirectory();
    await mkdir(join(root, "target"), { mode: 0o700 });
    await symlink(join(root, "target"), join(root, "link"));
    await expect(fileStore({ directory: join(root, "link") + end })).rejects.toThrow(
      /^the directory ".*link\/?" of the store is a symbolic link: give the path that it leads to$/,
    );
    expect(await readdir(join(root, "target"))).toEqual([]);
  },
);

test.each(["journal.new", "journal.damaged"])(
  "a planted link %s is replaced, and not followed",
  async (name) => {
    const root = await temporaryDirectory();
    const directory = join(root, "store");
    await mkdir(directory, { mode: 0o700 });
    const victim = join(root, "victim");
    await writeFile(victim, "precious");
    await symlink(victim, join(directory, name));
    await writeFile(join(directory, "journal"), ""); // a damaged one, which is copied
    await openStore(directory);
    expect(await readFile(victim, "utf8")).toBe("precious");
    const names = await readdir(directory);
    expect(names).toEqual(["journal", "journal.damaged", "lock"]);
    for (const one of names) expect((await lstat(join(directory, one))).isFile()).toBe(true);
  },
);

test.each(["journal", "lock"])("a planted link %s is refused, and not followed", async (name) => {
  const root = await temporaryDirectory();
  const directory = join(root, "store");
  await mkdir(directory, { mode: 0o700 });
  const victim = join(root, "victim");
  await writeFile(victim, "precious");
  await symlink(victim, join(directory, name));
  await expect(fileStore({ directory })).rejects.toThrow(
    `${JSON.stringify(join(directory, name))} is a symbolic link, which the store does not follow: remove it`,
  );
  expect(await readFile(victim, "utf8")).toBe("precious");
});

test("a file that a killed process left while it compacted is replaced, and another name of it is not changed", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "journal.new"), "half a journal");
  await link(join(directory, "journal.new"), join(directory, "other"));
  expect((await openStore(directory)).report.history).toBe("new");
  expect(await readFile(join(directory, "other"), "utf8")).toBe("half a journal");
  expect((await stat(join(directory, "journal"))).size).toBeGreaterThan(20);
});
