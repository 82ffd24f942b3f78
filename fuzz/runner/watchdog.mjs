// A thread that ends its process when the event loop makes no more turns: no timer of the process itself could do that.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

/** The most processor time that one turn may use before the process is ended, in ms. */
const maxTurn = 8_000;
/** Turns, then the number of the case that runs, split into two numbers of 30 bits. */
const shared = new Int32Array(workerData);

let turns = -1;
let startedAt = process.cpuUsage();
setInterval(() => {
  const now = Atomics.load(shared, 0);
  if (now !== turns) {
    turns = now;
    startedAt = process.cpuUsage();
    return;
  }
  const { user, system } = process.cpuUsage(startedAt);
  if ((user + system) / 1_000 < maxTurn) return;
  const number = Atomics.load(shared, 1) * 2 ** 30 + Atomics.load(shared, 2);
  const description = `the event loop does not turn any more, for ${maxTurn} ms of processor time`;
  writeSync(1, `${JSON.stringify({ findings: [{ oracle: "hang", description, case: number }] })}\n`);
  process.kill(process.pid, "SIGKILL");
}, 250);
