import { join } from "node:path";
import { fileStore } from "@symbolon/server/file";
import type { ChatMemory } from "./chat-memory.ts";
import type { ChatRooms } from "./chat-room.ts";
import { MessageLog } from "./message-log.ts";
import { PictureStore } from "./picture-store.ts";

/** The memory of a server alone: sessions and messages in files, which survive a restart. Reads the messages into `rooms`. */
export async function openLocalMemory(directory: string, rooms: ChatRooms): Promise<ChatMemory> {
  const store = await fileStore({ directory: join(directory, "store") });
  const messageLog = new MessageLog(join(directory, "messages"));
  const pictures = new PictureStore();
  for (const { room, message } of messageLog.read()) rooms.get(room).add(message);
  return {
    store,
    async change(change) {
      rooms.apply(change);
      if (change.type === "message") messageLog.append(change.room, change.message);
    },
    setTyping: (room, name, isTyping) => rooms.get(room).typingUsers.set(name, isTyping),
    addPicture: async (message, picture) => pictures.add(message, picture),
    findPicture: async (message) => pictures.find(message),
    close: () => store.close(),
  };
}
