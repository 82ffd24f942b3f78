/** Our server, with rooms to which the bench has it send. */
import { setImmediate } from "node:timers/promises";
import { type AppOptions, createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { rooms } from "../contract.ts";
import { createNote } from "../payloads.ts";
import { appOptions } from "./app-options.ts";
import { serveBench } from "./control.ts";

/** Serves the rooms "0", "1", and so on; `store` keeps them and their sessions. */
export async function serveRooms(store?: AppOptions["store"]): Promise<void> {
  const app = createApp({ ...appOptions, store });
  const service = app.implement(rooms, (peer, { params, room }) => {
    room(params.room).join(peer);
    return {};
  });
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  let names: readonly string[] = [];
  let posted = 0;
  serveBench(server.port, {
    /** Says how many rooms there are. */
    rooms: (count) => void (names = Array.from({ length: count }, (_, n) => String(n))),
    /** Sends so many messages to each room, one in each turn of the event loop. */
    async post(count) {
      for (let sent = 0; sent < count; sent += 1) {
        const note = createNote(posted);
        posted += 1;
        await Promise.all(names.map((name) => service.room(name).send("echo", note)));
        await setImmediate();
      }
    },
    /** Closes the server. @returns how long it took, in ms. */
    async close() {
      const start = performance.now();
      await server.close();
      return performance.now() - start;
    },
  });
}
