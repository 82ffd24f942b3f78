/** The chat's server: the page, the conversation and nothing else, on one port. What is said outlives it. */
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { msgpack } from "@symbolon/protocol/msgpack";
import { type App, createApp, RequestError } from "@symbolon/server";
import { fileStore } from "@symbolon/server/file";
import { serve } from "@symbolon/server/node";
import { Album } from "./album.ts";
import { Archive } from "./archive.ts";
import { chat, largestPicture, type Line, type Said } from "./contract.ts";
import { pictureType } from "./picture-type.ts";
import { Talk } from "./talk.ts";

const roomsKept = 1000;
const talks = new Map<string, Talk>();
const album = new Album<Line>();

/** Serves the chat on a port; `directory` is where its sessions are, and what was said. */
async function start(port: number, directory: string): Promise<void> {
  await checkPort(port); // before the store: another demo may have both
  const store = await fileStore({ directory: join(directory, "store") });
  const archive = new Archive(join(directory, "lines"));
  for (const { room, line } of archive.read()) talkIn(room).add(line);
  const app = createApp({
    store,
    codecs: [msgpack], // a picture is bytes
    maxPayload: largestPicture + 4096, // and the line around it
    heartbeat: {
      interval: numberFrom("HEARTBEAT_INTERVAL", 25_000),
      timeout: numberFrom("HEARTBEAT_TIMEOUT", 10_000),
    },
  });
  serveChat(app, archive);
  const assets = fileURLToPath(new URL("dist", import.meta.url));
  const server = await serve(app, { port, assets, signals: false }); // the store is to be closed after it
  console.log(`symbolon demo: http://localhost:${server.port}`);
  for (const signal of ["SIGINT", "SIGTERM"])
    process.once(signal, () => void server.close().then(() => store.close()));
}

function serveChat(app: App, archive: Archive): void {
  app.implement(chat, function* (peer, { params, query: { name }, room, resumed = false }) {
    const talk = talkIn(params.room);
    const key = name.normalize("NFKC").toLowerCase();
    const before = talk.people.get(key);
    if (before && !before.away) throw new Response("That name is taken", { status: 409 });
    // A page that was reloaded may have left its session behind: the name goes to who is here.
    const person = { name, away: false };
    talk.people.set(key, person);
    peer.subscribe(({ type: is }) => (person.away = is === "detached"));
    const here = room(params.room);
    try {
      // Who comes back to the room is told by the room what was said meanwhile.
      const page = resumed ? { lines: [], more: false } : talk.newest();
      peer.send("entered", { ...page, people: [...talk.people.values()].map((one) => one.name) });
      here.join(peer);
      here.send("joined", { name, quietly: resumed || before !== undefined }, { except: peer });
      yield {
        say(said, call) {
          // It is known when the server was killed before the page could know that it was handled.
          const known = talk.find(said.id);
          const line = known ?? lineOf(name, said);
          if (!known) {
            talk.add(line);
            archive.keep(params.room, line);
          }
          call.room(params.room).send("message", line);
        },
        writing: (writes) => talk.typists.set(name, writes),
        typing: (_, { signal }) => talk.typists.others(name, signal),
        history: ({ before, limit }) => talk.above(before, limit),
        picture({ id }) {
          const line = talk.find(id);
          const bytes = line && album.find(line);
          if (!bytes) throw new RequestError("FORGOTTEN", "that picture is not kept any more", null);
          return bytes;
        },
      };
    } finally {
      if (talk.people.get(key) === person) {
        talk.people.delete(key);
        talk.typists.set(name, false);
        here.send("left", { name });
      }
    }
  });
}

/** What somebody says, as everyone sees it. */
function lineOf(from: string, { id, text, picture }: Said): Line {
  const line: Line = { id, from, text, at: Date.now() };
  const type = picture && pictureType(picture.bytes);
  if (type) {
    const { bytes, width, height } = picture;
    line.picture = { type, width, height };
    album.keep(line, bytes);
  }
  return line;
}

function talkIn(name: string): Talk {
  const known = talks.get(name);
  if (known) return known;
  if (talks.size >= roomsKept) forgetAnEmptyRoom();
  const talk = new Talk();
  talks.set(name, talk);
  return talk;
}

function forgetAnEmptyRoom(): void {
  for (const [name, { people }] of talks) {
    if (people.size === 0) return void talks.delete(name);
  }
  throw new Response("Every room is in use", { status: 503 });
}

/** Rejects with the system's error when the port is in use. */
async function checkPort(port: number): Promise<void> {
  const probe = createServer().listen(port);
  await once(probe, "listening");
  probe.close();
  await once(probe, "close");
}

function numberFrom(variable: string, otherwise: number): number {
  const value = Number(process.env[variable] || otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`${variable} must be a whole number, not "${process.env[variable]}".`);
  return process.exit(1);
}

const port = numberFrom("PORT", 3000);
const data = process.env["DATA"] || fileURLToPath(new URL(`.data/${port}`, import.meta.url));

try {
  await start(port, data);
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  console.error(`Port ${port} is in use: choose another, for example PORT=${port + 1} npm run demo`);
  process.exitCode = 1;
}
