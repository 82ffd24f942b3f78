/** One message to many. */
import type { Dialect } from "../load/dialect.ts";
import { echoJson, plainRoom, sessionRoom } from "../load/dialects.ts";
import { openClients } from "../load/open-clients.ts";
import { variants } from "../load/messages.ts";
import { socketIoRoom } from "../load/peers.ts";
import { Tally } from "../load/tally.ts";
import type { BenchServer } from "../run/bench-server.ts";
import { allAnswered, measureWindow } from "../run/window.ts";
import type { DrivenSubject, Load, Work } from "../run/work.ts";

/** A server, its program, and how its room is reached. A dialect counts the messages of one room: each run has its own. */
const rows: readonly (readonly [name: string, program: string, room: () => Dialect])[] = [
  ["ws", "ws", () => echoJson("/room")],
  ["ws batched", "ws-batched", () => echoJson("/room")],
  ["raw room", "symbolon", () => echoJson("/room")],
  ["room, plain", "symbolon", plainRoom],
  ["room, session", "symbolon", sessionRoom],
  ["Socket.IO", "socket-io", socketIoRoom],
];

/** One member posts; when all have received the message, it posts the next one. */
async function driveFanOut(server: BenchServer, dialect: Dialect, members: number): Promise<Load> {
  const tally = new Tally();
  const clients = await openClients(server.port, dialect, members, tally, new Float64Array(variants));
  const state = { inFlight: 0, isOver: true };
  const post = (): void => {
    state.inFlight = 1;
    tally.notifyAt = tally.total + members;
    clients[0]?.send(1);
  };
  tally.onTotal = () => {
    if (state.isOver) state.inFlight = 0;
    else post();
  };
  return {
    async turn(ms) {
      state.isOver = false;
      post();
      const sample = await measureWindow(server, tally, ms);
      state.isOver = true;
      await allAnswered([state], tally);
      return sample;
    },
    stop() {
      for (const client of clients) client.stop();
    },
  };
}

const unit = "deliveries a CPU-second";

/** JSON of 128 bytes to 100, 1,000 and 5,000 members of a room; then to few members and to many, by our server alone. */
export const fanOutWorks: readonly Work[] = [
  ...[100, 1_000, 5_000].map((members) => ({
    name: `fan-out to ${members.toLocaleString("en")}`,
    unit,
    long: members !== 1_000,
    ...(members === 5_000 && { atOnce: 2 }),
    subjects: rows.map(([name, program, room]): DrivenSubject => ({
      name,
      program,
      drive: (server) => driveFanOut(server, room(), members),
    })),
  })),
  {
    name: "fan-out in a session, by members",
    unit,
    subjects: [100, 5_000].map((members) => ({
      name: members.toLocaleString("en"),
      program: "symbolon",
      drive: (server: BenchServer) => driveFanOut(server, sessionRoom(), members),
    })),
  },
];
