/** The program of `npm run demo`: the chat's server; with `--nodes 3` three of them, which share a Redis. */
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { nodes: { type: "string" } } });
if (values.nodes === undefined) await import("./server.ts");
else {
  const count = Number(values.nodes);
  if (!Number.isInteger(count) || count < 1 || count > 9) {
    console.error(`--nodes must be a whole number from 1 to 9, not "${values.nodes}".`);
    process.exit(1);
  }
  const { startNodes } = await import("./nodes/start-nodes.ts");
  await startNodes(count);
}
