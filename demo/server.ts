/** The chat's server: it serves the two pages and the chat rooms on one port. Sessions and messages survive a restart. */
import { join } from "node:path";
import { createApp, RequestError } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { serve } from "@symbolon/server/node";
import { ChatRooms } from "./chat-room.ts";
import { chat, type ChatMessage, maxPictureBytes, type NewMessage } from "./contract.ts";
import { MessageLog } from "./message-log.ts";
import { PictureStore } from "./picture-store.ts";
import { pictureType } from "./picture-type.ts";
import { checkPort, readSettings } from "./settings.ts";
import { Timers } from "./timers.ts";

const { port, dataDirectory, heartbeat, typingTimeout } = readSettings();
await checkPort(port); // before the store opens: a demo at the same port has the same store

const store = await fileStore({ directory: join(dataDirectory, "store") });
const messageLog = new MessageLog(join(dataDirectory, "messages"));
const pictures = new PictureStore();
const timers = new Timers();
const rooms = new ChatRooms(timers, typingTimeout);
for (const { room, message } of messageLog.read()) rooms.get(room).add(message);

const app = createApp({
  store,
  heartbeat,
  maxPayload: maxPictureBytes + 4096, // a picture, and the rest of its message
});

app.implement(chat, function* (peer, { params, query: { name }, service, resumed = false }) {
  const chatRoom = rooms.get(params.room);
  const key = name.normalize("NFKC").toLowerCase();
  const existing = chatRoom.people.get(key);
  if (existing?.connected) throw new Response("That name is taken", { status: 409 });
  // A page whose network has failed leaves a detached session with its name: the new session takes the name over.
  const person = { name, connected: true };
  chatRoom.people.set(key, person);
  peer.subscribe(({ type }) => (person.connected = type !== "detached"));

  const members = service.room(params.room); // sends at once: this code is not a message's handler
  try {
    // A resumed session needs no messages here: the library's room delivers the ones that the page has missed.
    const page = resumed ? { messages: [], hasEarlier: false } : chatRoom.newestPage();
    peer.send("entered", page);
    members.join(peer);
    const returning = resumed || existing !== undefined;
    members.send("joined", { name, people: chatRoom.names, returning });

    yield {
      post(newMessage, call) {
        // A server that was killed may receive a message again that it has stored already.
        const stored = chatRoom.find(newMessage.id);
        const message = stored ?? createMessage(name, newMessage);
        if (!stored) {
          chatRoom.add(message);
          messageLog.append(params.room, message);
        }
        call.room(params.room).send("message", message);
      },
      writing: (isTyping) => chatRoom.typingUsers.set(name, isTyping),
      typing: (_, { signal }) => chatRoom.typingUsers.others(name, signal),
      history: ({ before, limit }) => chatRoom.pageBefore(before, limit),
      picture({ id }) {
        const message = chatRoom.find(id);
        const bytes = message && pictures.find(message);
        if (!bytes) throw new RequestError("GONE", "the server no longer has that picture", null);
        return bytes;
      },
    };
  } finally {
    if (chatRoom.people.get(key) === person) {
      chatRoom.people.delete(key);
      chatRoom.typingUsers.set(name, false);
      if (!peer.moved) members.send("left", { name, people: chatRoom.names }); // else the next process has the session
    }
  }
});

const assets = join(import.meta.dirname, "dist");
const server = await serve(app, { port, assets, signals: false }); // `stop` closes the store after the server
console.log(`symbolon demo: http://localhost:${server.port}`);
process.on("message", ({ advance }: { advance: number }) => timers.advance(advance)); // from a test that starts this program
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());

/** Creates the message that everyone in the room receives, and keeps its picture. */
function createMessage(from: string, { id, text, picture }: NewMessage): ChatMessage {
  const message: ChatMessage = { id, from, text, at: Date.now() };
  const type = picture && pictureType(picture.bytes);
  if (type) {
    const { bytes, width, height } = picture;
    message.picture = { type, width, height };
    pictures.add(message, bytes);
  }
  return message;
}

async function stop(): Promise<void> {
  await server.close();
  await store.close();
}
