/** Many sends that are awaited at once. */
import { Connection } from "../load/connection.ts";
import { sessionContract } from "../load/dialects.ts";
import { mask } from "../load/client-frames.ts";
import { Session } from "../load/session.ts";
import { createNote } from "../payloads.ts";
import type { Sample } from "../run/sample.ts";
import type { BenchServer } from "../run/bench-server.ts";
import type { Load, Work } from "../run/work.ts";

/** Asks the server to send so many events at once; resolves when the server has received all acknowledgements. */
function burst(session: Session, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let acknowledging = false;
    session.onMessage = (bytes, start, end) => {
      const text = bytes.toString("utf8", start, end);
      if (text.startsWith('"t":"ack"')) {
        if (received === count && !text.includes('"but"')) resolve();
        return;
      }
      const expected = JSON.stringify(createNote(received));
      if (!text.includes(`"data":${expected}`)) reject(new Error(`expected ${expected}, received {${text}`));
      received += 1;
      if (acknowledging) return;
      acknowledging = true;
      queueMicrotask(() => {
        acknowledging = false;
        session.acknowledge();
      });
    };
    session.send([mask(`"t":"event","name":"burst","data":${count}}`)]);
  });
}

/** A turn is one burst. The first two warm the server up. */
async function driveSends(server: BenchServer, count: number): Promise<Load> {
  const connection = await Connection.open({ ...sessionContract("event").target, port: server.port });
  const session = new Session();
  await session.open(connection);
  const failed = new Promise<never>((_, reject) => (connection.onEnd = reject));
  failed.catch(() => {}); // a turn reports it
  const turn = async (): Promise<Sample> => {
    const before = await server.measure();
    await Promise.race([burst(session, count), failed]);
    const { cpu } = await server.measure();
    return { value: (cpu - before.cpu) / 1_000 };
  };
  await turn();
  return { turn, stop: () => connection.reset() };
}

/** 8,000 and 32,000 sends at once to one session: their costs should differ by the factor four. */
export const sendsWork: Work = {
  name: "awaited sends at once",
  unit: "CPU ms",
  subjects: [8_000, 32_000].map((count) => ({
    name: count.toLocaleString("en"),
    program: "symbolon",
    env: { SESSION_BYTES: String(2 ** 26) }, // a session keeps them all
    drive: (server) => driveSends(server, count),
  })),
};
