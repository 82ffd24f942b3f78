import { randomUUID } from "node:crypto";
import { RESP_TYPES } from "@redis/client";
import { redisStore } from "@symbolon/redis";
import type { ChatChange } from "../chat-change.ts";
import type { ChatMemory } from "../chat-memory.ts";
import type { ChatRooms } from "../chat-room.ts";
import { appendChange, changesKey, createRedisClient } from "./change-stream.ts";

/** The channel of who is typing. A node that starts later need not know. */
const typingChannel = "demo:typing";
/** How long Redis keeps a picture, in s. */
const pictureSeconds = 3_600;

/** An entry of the stream: a change, and the key by which the process that has made it recognises it. */
type StreamEntry = {
  readonly id: string;
  readonly message: { readonly key?: string; readonly change?: string };
};

/** A person has begun or stopped to type. */
type TypingReport = { readonly room: string; readonly name: string; readonly isTyping: boolean };

/**
 * The memory that all nodes share in Redis: sessions by `redisStore`, and the chat's own changes in a stream. Each node applies
 * the changes of the stream to its `rooms`, so these are the same at every node. `onError` receives what fails later.
 */
export async function openSharedMemory(
  directory: string,
  rooms: ChatRooms,
  onError: (error: unknown) => void,
): Promise<ChatMemory> {
  const client = createRedisClient(directory).on("error", onError);
  const reader = client.duplicate().on("error", onError); // waits for changes
  const subscriber = client.duplicate().on("error", onError);
  await Promise.all([client.connect(), reader.connect(), subscriber.connect()]);
  const store = redisStore({ client, prefix: "demo", onError });
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  /** What to call when this process has applied its own change. */
  const waiting = new Map<string, () => void>();
  let lastId = "0-0";
  let isClosed = false;

  function apply({ id, message: { key = "", change = "" } }: StreamEntry): void {
    lastId = id;
    try {
      rooms.apply(JSON.parse(change) as ChatChange);
    } catch (error) {
      onError(error); // there are too many rooms
    }
    waiting.get(key)?.();
  }

  async function follow(): Promise<void> {
    while (reader.isOpen) {
      const streams = await reader.xRead({ key: changesKey, id: lastId }, { BLOCK: 0 });
      for (const { messages } of streams ?? []) messages.forEach(apply);
    }
  }

  ((await client.xRange(changesKey, "-", "+")) ?? []).forEach(apply);
  follow().catch((error: unknown) => isClosed || onError(error));
  await subscriber.subscribe(typingChannel, (report) => {
    const { room, name, isTyping } = JSON.parse(report) as TypingReport;
    rooms.get(room).typingUsers.set(name, isTyping);
  });

  return {
    store,
    async change(change) {
      const key = randomUUID();
      const applied = new Promise<void>((resolve) => waiting.set(key, resolve));
      try {
        await appendChange(client, change, key);
        await applied;
      } finally {
        waiting.delete(key);
      }
    },
    setTyping(room, name, isTyping) {
      const report: TypingReport = { room, name, isTyping };
      client.publish(typingChannel, JSON.stringify(report)).catch(onError);
    },
    async addPicture({ id }, picture) {
      await client.set(pictureKey(id), Buffer.from(picture), {
        expiration: { type: "EX", value: pictureSeconds },
      });
    },
    async findPicture({ id }) {
      const picture = await bytes.get(pictureKey(id));
      return picture === null ? undefined : Uint8Array.from(picture);
    },
    async close() {
      isClosed = true;
      await store.close();
      for (const connection of [client, reader, subscriber]) connection.destroy();
    },
  };
}

function pictureKey(messageId: string): string {
  return `demo:picture:${messageId}`;
}
