/** Our server with rooms, and without a store. */
import { serveRooms } from "./serve-rooms.ts";

await serveRooms();
