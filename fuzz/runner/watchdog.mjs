// A thread that ends its process when the event loop makes no more turns, or a case does not end: no timer of the process
// itself could do that.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

/** The most processor time that one turn may use before the process is ended, in ms. */
const maxTurn = 8_000;
/** The same for a case. */
const maxCase = 40_000;
/** Turns, then the number of the case that runs, split into two numbers of 30 bits. */
const shared = new Int32Array(workerData);

/** Measures for how much processor time a number stays the same, in ms. */
function stopwatch(read) {
  let last = read();
  let startedAt = process.cpuUsage();
  return () => {
    const now = read();
    if (now !== last) {
      last = now;
      startedAt = process.cpuUsage();
    }
    const { user, system } = process.cpuUsage(startedAt);
    return (user + system) / 1_000;
  };
}

const caseNumber = () => Atomics.load(shared, 1) * 2 ** 30 + Atomics.load(shared, 2);
const turn = stopwatch(() => Atomics.load(shared, 0));
const ofCase = stopwatch(caseNumber);

function end(description) {
  writeSync(1, `${JSON.stringify({ findings: [{ oracle: "hang", description, case: caseNumber() }] })}\n`);
  process.kill(process.pid, "SIGKILL");
}

setInterval(() => {
  if (turn() > maxTurn) end(`the event loop has not turned for ${maxTurn} ms of processor time`);
  if (ofCase() > maxCase) end(`the case has not ended after ${maxCase} ms of processor time`);
}, 250);
