/** The chat's server: the page, the conversation and nothing else, on one port. */
import { fileURLToPath } from "node:url";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { chat, type Line } from "./contract.ts";

/** What is remembered of a room: its last lines, and the names in it by the form they are compared in. */
type Talk = { lines: Line[]; readonly people: Map<string, string> };

const linesKept = 50;
const roomsKept = 1000;
const talks = new Map<string, Talk>();

const app = createApp({
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
    peer.send("entered", { lines: talk.lines, people: [...talk.people.values()] });
    here.join(peer);
    here.send("joined", { name }, { except: peer });
    yield {
      say: ({ id, text }) => {
        if (talk.lines.some((line) => line.id === id)) return; // said again by a page that could not know
        const line = { id, from: name, text, at: Date.now() };
        talk.lines = [...talk.lines, line].slice(-linesKept);
        here.send("message", line);
      },
    };
  } finally {
    talk.people.delete(key);
    here.send("left", { name });
  }
});

function talkIn(name: string): Talk {
  const known = talks.get(name);
  if (known) return known;
  if (talks.size >= roomsKept) forgetAnEmptyRoom();
  const talk: Talk = { lines: [], people: new Map() };
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
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void server.close());
} catch (error) {
  if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
  console.error(`Port ${port} is in use: choose another, for example PORT=${port + 1} npm run demo`);
  process.exitCode = 1;
}
