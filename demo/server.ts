/**
 * The chat's server: it serves the two pages and the chat rooms on one port. Sessions and messages survive a restart. It is alone,
 * or one of several nodes, which demo/nodes/start-nodes.ts starts.
 */
import { join } from "node:path";
import { docsPage } from "@symbolon/docs";
import { createApp, RequestError, type ContractRoom } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { type ChatRoom, ChatRooms } from "./chat-room.ts";
import { chat, type ChatMessage, maxPictureBytes, type NewMessage } from "./contract.ts";
import { openLocalMemory } from "./local-memory.ts";
import { addKillRoute } from "./nodes/kill-route.ts";
import { pictureType } from "./picture-type.ts";
import { toJsonSchema } from "./json-schema.ts";
import { checkPort, nodeSocket, readSettings } from "./settings.ts";
import { Timers } from "./timers.ts";

const { port, dataDirectory, heartbeat, typingTimeout, node } = readSettings();
if (!node) await checkPort(port); // before the store opens: a demo at the same port has the same store

const timers = new Timers();
const rooms = new ChatRooms(timers, typingTimeout);
const memory = node
  ? await (await import("./nodes/shared-memory.ts")).openSharedMemory(node.directory, rooms, console.error)
  : await openLocalMemory(dataDirectory, rooms);

const app = createApp({
  store: memory.store,
  heartbeat,
  sessions: { balance: node !== undefined }, // a node that comes back gets its share
  maxPayload: maxPictureBytes + 4096, // a picture, and the rest of its message
});

// A new member receives what other nodes have sent since its page of messages was read: see `since` below.
const roomsOptions = node ? { memory: { newMembers: { messages: 100, ms: 10_000 } } } : {};

const service = app.implement(chat, { rooms: roomsOptions }, async function* (peer, context) {
  const { params, query, resumed = false } = context;
  const { name } = query;
  const { room } = params;
  const person = { name, session: peer.id, node: node?.number ?? 0 };
  const existing = rooms.get(room).person(name);
  const began = Date.now();
  await memory.change({ type: "entered", room, person });
  const chatRoom = rooms.get(room);
  if (!chatRoom.isHere(person)) throw new Response("That name is taken", { status: 409 });
  peer.subscribe(({ type }) => {
    if (type !== "detached" && type !== "resumed") return;
    memory.change({ type: "connection", room, person, connected: type === "resumed" }).catch(console.error);
  });

  const members = service.room(room); // sends at once: this code is not a message's handler
  try {
    if (node) peer.send("node", { number: node.number, count: node.count });
    // A resumed session needs no messages here: the library's room delivers the ones that the page has missed.
    const page = resumed ? { messages: [], hasEarlier: false } : chatRoom.newestPage();
    peer.send("entered", page);
    members.join(peer, { since: Date.now() - began });
    const returning = resumed || existing !== undefined;
    announce(members, chatRoom, name, (people) => members.send("joined", { name, people, returning }));

    yield {
      async post(newMessage, call) {
        // A server that was killed may receive a message again that it has stored already.
        const stored = chatRoom.find(newMessage.id);
        const message = stored ?? (await createMessage(name, newMessage));
        if (!stored) await memory.change({ type: "message", room, message });
        call.room(room).send("message", message);
      },
      writing: (isTyping) => memory.setTyping(room, name, isTyping),
      typing: (_, { signal }) => chatRoom.typingUsers.others(name, signal),
      history: ({ before, limit }) => chatRoom.pageBefore(before, limit),
      async picture({ id }) {
        const message = chatRoom.find(id);
        const bytes = message && (await memory.findPicture(message));
        if (!bytes) throw new RequestError("GONE", "the server no longer has that picture", null);
        return bytes;
      },
    };
  } finally {
    if (!peer.moved && chatRoom.isHere(person)) {
      memory.setTyping(room, name, false);
      await memory.change({ type: "left", room, person });
      announce(members, chatRoom, name, (people) => members.send("left", { name, people }));
    }
  }
});

app.http("/docs", docsPage(app, { title: "The chat of symbolon's demo", convert: toJsonSchema }));

if (node) {
  // The people whose sessions an earlier process of this node had, and who have not come to another node.
  for (const [room, chatRoom] of rooms.entries())
    for (const person of chatRoom.people.filter((each) => each.node === node.number)) {
      const { name } = person;
      const members = service.room(room);
      await memory.change({ type: "left", room, person });
      announce(members, chatRoom, name, (people) => members.send("left", { name, people }));
    }
  addKillRoute(app, node, (request) => process.send?.(request));
  process.once("disconnect", () => process.exit()); // the program that has started this node has ended
  if (!process.connected) process.exit();
}

const assets = join(import.meta.dirname, "dist");
const address = node ? { path: nodeSocket(node), proxyProtocol: ["127.0.0.1"] } : { port };
const server = await serve(app, { ...address, assets, signals: false }); // `stop` closes the store after the server
if (node) process.send?.({ listening: node.number });
else console.log(`symbolon demo: http://localhost:${server.port}`);
process.on("message", ({ advance }: { advance: number }) => timers.advance(advance)); // from a test that starts this program
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());

/**
 * Sends in a room that a person has joined or left. Two nodes may do so at the same time, and each may not know the other's person
 * yet: then the later one sends again who is in the room, without a notice.
 */
function announce(
  members: ContractRoom<typeof chat>,
  chatRoom: ChatRoom,
  name: string,
  send: (people: string[]) => PromiseLike<void>,
): void {
  const people = chatRoom.names;
  const sent = send(people);
  if (!node) return;
  const sendAgain = (): void => {
    if (chatRoom.names.join("\n") === people.join("\n")) return;
    announce(members, chatRoom, name, (people) => members.send("joined", { name, people, returning: true }));
  };
  sent.then(sendAgain, console.error);
}

/** Creates the message that everyone in the room receives, and keeps its picture. */
async function createMessage(from: string, { id, text, picture }: NewMessage): Promise<ChatMessage> {
  const message: ChatMessage = { id, from, text, at: Date.now() };
  const type = picture && pictureType(picture.bytes);
  if (type) {
    const { bytes, width, height } = picture;
    message.picture = { type, width, height };
    await memory.addPicture(message, bytes);
  }
  return message;
}

async function stop(): Promise<void> {
  await server.close();
  await memory.close();
  if (node) process.disconnect();
}
