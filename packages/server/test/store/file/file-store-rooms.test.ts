import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileStore } from "../../../src/store/file/file-store.ts";
import { newSession, retain, roomMessage, storeOpener } from "../store-fixtures.ts";
import { temporaryDirectory } from "./directories.ts";

const openStore = storeOpener();

test("a room that retains nothing has no message in the file, and continues after a restart", async () => {
  const directory = await temporaryDirectory();
  const store = await openStore(fileStore({ directory }));
  await store.rooms.append("r", roomMessage("retained"), retain(100));
  await store.rooms.append("r", roomMessage("first forgotten"), retain(0, 0));
  const claim = await store.sessions.create(newSession);
  const roomMessages = [{ room: "r", message: roomMessage("second forgotten"), keep: retain(0, 0) }];
  expect(await store.sessions.commit(claim, { roomMessages })).toBe(true);
  const { epoch } = await store.rooms.position("r");
  const file = await readFile(join(directory, "journal"), "latin1");
  expect([file.includes("retained"), file.includes("forgotten")]).toEqual([true, false]);
  const copy = await temporaryDirectory(); // as if the process were killed now
  await copyFile(join(directory, "journal"), join(copy, "journal"));
  const reopened = await openStore(fileStore({ directory: copy }));
  expect(await reopened.rooms.read("r", { epoch, offset: 0 }, 10)).toEqual({
    epoch,
    offset: 3,
    gap: { from: 0, to: 3 },
    entries: [],
  });
});
