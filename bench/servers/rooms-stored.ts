/** Our server with rooms, and with a store of files. */
import { openFileStore } from "./open-store.ts";
import { serveRooms } from "./serve-rooms.ts";

await serveRooms(await openFileStore());
