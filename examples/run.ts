/** Runs an example: `npm run example chat` shows what it does, `npm run example chat 3000` serves it on that port. */
import { readdirSync } from "node:fs";
import type { App } from "@symbolon/server";
import { serve } from "@symbolon/server/node";

/** What every example exports: its app, and a demonstration of it that prints what the end of the file says. */
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
