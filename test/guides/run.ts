/** Runs programs one after another, each until nothing is left to run, and prints the output of each as a line of JSON. */
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { openPage } from "./page.ts";

/** The result of a program; one line of JSON each. */
export interface Outcome {
  readonly file: string;
  /** Its output, of both streams. */
  readonly printed: string;
}

const files = process.argv.slice(2);
let printed = "";
let atLastLine = true;
let closePage = async (): Promise<void> => {};

const print = (...values: unknown[]): void => void (printed += `${format(...values)}\n`);
Object.assign(console, { log: print, info: print, warn: print, error: print });
process.on("uncaughtException", (error) => print(error));

// Node emits this when nothing is left to run: the program has ended, and the next one starts.
process.on("beforeExit", () => {
  const file = files.shift();
  if (file === undefined) return;
  if (!atLastLine) print("the program ends before its last line: it awaits a promise that never settles");
  process.stdout.write(`${JSON.stringify({ file, printed } satisfies Outcome)}\n`);
  void closePage().then(start);
});
void start();

async function start(): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  printed = "";
  atLastLine = false;
  closePage = file.endsWith(".tsx") ? openPage() : async () => {};
  await import(pathToFileURL(file).href).catch(print);
  atLastLine = true;
}
