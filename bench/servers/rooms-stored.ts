/** Our server with rooms, and with a store of files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore } from "@symbolon/server/file";
import { serveRooms } from "./serve-rooms.ts";

const folder = mkdtempSync(join(tmpdir(), "symbolon-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await serveRooms(await fileStore({ directory: join(folder, "store") }));
