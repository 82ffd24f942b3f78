import type { App } from "@symbolon/server";
import { bench, members } from "../contract.ts";
import { createNote } from "../payloads.ts";

/** Serves the contracts of the bench. */
export function serveContracts(app: App): void {
  app.implement(bench, (peer) => ({
    echo: (data) => void peer.send("echo", data),
    ask: (data) => data,
    *items(bytes) {
      for (let n = 0; ; n += 1) yield `${n} `.padEnd(bytes, "x");
    },
    async burst(count) {
      const sent = Array.from({ length: count }, (_, n) => peer.send("echo", createNote(n)));
      await Promise.all(sent);
    },
  }));

  app.implement(members, (peer, { room }) => {
    room("all").join(peer);
    return { post: (data, call) => void call.room("all").send("echo", data) };
  });
}
