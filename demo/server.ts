/** The chat's server: the page, the conversation and nothing else, on one port. */
import { fileURLToPath } from "node:url";
import { msgpack } from "@symbolon/protocol/msgpack";
import { createApp, RequestError } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { Album } from "./album.ts";
import { chat, largestPicture, type Line } from "./contract.ts";
import { pictureType } from "./picture-type.ts";
import { Talk } from "./talk.ts";

const roomsKept = 1000;
const talks = new Map<string, Talk>();
const album = new Album<Line>();

const app = createApp({
  codecs: [msgpack], // a picture is bytes
  maxPayload: largestPicture + 4096, // and the line around it
  heartbeat: {
    interval: numberFrom("HEARTBEAT_INTERVAL", 25_000),
    timeout: numberFrom("HEARTBEAT_TIMEOUT", 10_000),
  },
});

app.implement(chat, function* (peer, { params, query: { name }, room }) {
  const talk = talkIn(params.room);
  const key = name.normalize("NFKC").toLowerCase();
  if (talk.people.has(key)) throw new Response("That name is taken", { status: 409 });
  talk.people.set(key, name);
  const here = room(params.room);
  try {
    peer.send("entered", { ...talk.newest(), people: [...talk.people.values()] });
    here.join(peer);
    here.send("joined", { name }, { except: peer });
    yield {
      say({ id, text, picture }) {
        const known = talk.find(id);
        if (known) {
          peer.send("message", known); // said again by a page that could not know
          return;
        }
        const line: Line = { id, from: name, text, at: Date.now() };
        const type = picture && pictureType(picture.bytes);
        if (type) {
          const { bytes, width, height } = picture;
          line.picture = { type, width, height };
          album.keep(line, bytes);
        }
        talk.add(line);
        here.send("message", line);
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
    talk.people.delete(key);
    talk.typists.set(name, false);
    here.send("left", { name });
  }
});

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

function numberFrom(variable: string, otherwise: number): number {
  const value = Number(process.env[variable] || otherwise);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`${variable} must be a whole number, not "${process.env[variable]}".`);
  return process.exit(1);
}

const port = numberFrom("PORT", 3000);

try {
  const assets = fileURLToPath(new URL("dist", import.meta.url));
  const server = await serve(app, { port, assets });
  console.log(`symbolon demo: http://localhost:${server.port}`);
  process.once("SIGINT", () => void server.close()); // a SIGTERM closes it by itself
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  console.error(`Port ${port} is in use: choose another, for example PORT=${port + 1} npm run demo`);
  process.exitCode = 1;
}
