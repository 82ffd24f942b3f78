/** Runs programs one after another, each to the end of all it has started, and says what each has printed. */
import { pathToFileURL } from "node:url";
import { format } from "node:util";

/** What became of a program; one line of JSON each. */
export interface Outcome {
  readonly file: string;
  /** What it printed, on both streams. */
  readonly printed: string;
}

const files = process.argv.slice(2);
let printed = "";
let atLastLine = true;

const print = (...values: unknown[]): void => void (printed += `${format(...values)}\n`);
Object.assign(console, { log: print, info: print, warn: print, error: print });
process.on("uncaughtException", (error) => print(error));

// Comes whenever nothing is left to do: then a program has ended, and the next one may begin.
process.on("beforeExit", () => {
  const file = files.shift();
  if (file === undefined) return;
  if (!atLastLine) print("it ends before its last line: what it awaits never comes");
  process.stdout.write(`${JSON.stringify({ file, printed } satisfies Outcome)}\n`);
  void start();
});
void start();

async function start(): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  printed = "";
  atLastLine = false;
  await import(pathToFileURL(file).href).catch(print);
  atLastLine = true;
}
