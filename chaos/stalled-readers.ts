/**
 * Connects many clients that never read to a server that broadcasts, and checks its memory, its turns and one client that
 * reads: `npm run chaos:stalled -- --mode plain --seconds 60`.
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    mode: { type: "string", multiple: true, default: ["raw", "plain", "session"] },
    seconds: { type: "string", default: "60" },
    readers: { type: "string", default: "1000" },
    bytes: { type: "string", default: "50000" },
  },
});
/** The most memory above idle, in MiB, and the most CPU time of one turn, in ms. */
const bounds = { memory: 200, turn: 100 };

/** A pong of a client, with the mask 0. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

for (const mode of values.mode) await run(mode);

async function run(mode: string): Promise<void> {
  const server = fork(new URL("stalled-server.ts", import.meta.url), [mode, values.bytes], {
    execArgv: ["--expose-gc", "--import", "tsx", "--conditions", "symbolon-source"],
  });
  try {
    const [{ port, limits }] = (await once(server, "message")) as [{ port: number; limits: object }];
    console.log(
      `${mode}: ${values.readers} stalled readers, ${values.seconds} s, limits ${JSON.stringify(limits)}`,
    );
    const stalled: Socket[] = [];
    for (let n = 0; n < Number(values.readers); n += 1) stalled.push(await open(port, mode));
    for (const socket of stalled) socket.pause();
    const reading = await open(port, mode);
    let received = 0;
    let longestGap = 0;
    let last = performance.now();
    reading.on("data", (data) => {
      received += data.length;
      longestGap = Math.max(longestGap, performance.now() - last);
      last = performance.now();
    });
    let measures = { memory: 0, turn: 0, ended: 0, sent: 0 };
    server.on("message", (message) => {
      if (typeof message === "object" && message !== null && "measures" in message)
        measures = message.measures as typeof measures;
    });
    last = performance.now();
    server.send("measure");
    for (let seconds = 0; seconds < Number(values.seconds); seconds += 1) {
      await setTimeout(1_000);
      // A client that does not read may still send: then the server does not end it for its silence.
      if (seconds % 10 === 5) for (const socket of [...stalled, reading]) socket.write(pong);
    }
    const { memory, turn, ended, sent } = measures;
    const good =
      memory <= bounds.memory && turn <= bounds.turn && received >= 0.9 * sent * Number(values.bytes);
    console.log(
      `  memory +${memory.toFixed(0)} MiB, longest turn ${turn.toFixed(0)} ms of CPU, ${ended} connections ended`,
      `\n  a client that reads: ${(received / 1e6).toFixed(1)} of ${((sent * Number(values.bytes)) / 1e6).toFixed(1)} MB, longest gap ${longestGap.toFixed(0)} ms`,
      good ? "" : "\n  BEYOND THE BOUNDS",
    );
    if (!good) process.exitCode = 1;
    for (const socket of [...stalled, reading]) socket.destroy();
  } finally {
    server.kill();
  }
}

/** Opens a WebSocket; a session sends its `hello`. */
async function open(port: number, mode: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  const protocol = mode === "session" ? "Sec-WebSocket-Protocol: symbolon.v1.json\r\n" : "";
  const path = mode === "raw" ? "/raw" : "/news";
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${protocol}\r\n`,
  );
  await once(socket, "data");
  if (mode !== "session") return socket;
  const key = randomBytes(32).toString("base64url");
  const hello = { t: "hello", v: 1, cid: "a client", key, att: 1, w: 256, wb: 2 ** 20 };
  socket.write(maskedText(JSON.stringify(hello)));
  await once(socket, "data");
  return socket;
}

/** A text frame of a client, with the mask 0. */
function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), payload]);
}
