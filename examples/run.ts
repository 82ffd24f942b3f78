/** Runs an example: `npm run example chat` runs its demo, `npm run example chat 3000` serves its app on that port. */
import { readdirSync } from "node:fs";
import type { App } from "@symbolon/server";
import { serve } from "@symbolon/server/node";

/** What each example exports: its app, and a demo that prints the lines at the end of the file. */
type Example = { readonly app: App; readonly demo: () => Promise<void> };

const [chosen = "", port] = process.argv.slice(2);
const examples = readdirSync(import.meta.dirname).flatMap((file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? []);

if (chosen !== "run" && examples.includes(chosen)) {
  const { app, demo }: Example = await import(`./${chosen}.ts`);
  if (port === undefined) await demo();
  else console.log(`listening at ${(await serve(app, { port: Number(port) })).url}`);
} else {
  console.error(`Choose one of ${examples.filter((name) => name !== "run").join(", ")}`);
  process.exitCode = 1;
}
