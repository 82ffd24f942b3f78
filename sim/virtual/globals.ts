import crypto from "node:crypto";
import fs from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { Machine, Scheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** The functions of `node:fs/promises` that the file store calls. */
const fileFunctions = ["link", "lstat", "mkdir", "open", "readFile", "rename", "rm", "writeFile"] as const;

/** The file system of the server's machine: it answers for paths below `/sim` and for files below `/proc`. */
export type VirtualFileSystem = Readonly<
  Record<(typeof fileFunctions)[number], (...args: never[]) => Promise<unknown>>
> & {
  /** The content of a file below `/proc`; undefined for all other paths. */
  readProcFile(path: string): string | undefined;
};

/** What the globals of this thread use while a world runs. */
export interface VirtualGlobals {
  /** Runs the timers. */
  readonly scheduler: Scheduler;
  /** Makes all random numbers and ids. */
  readonly random: SeededRandom;
  /** How far the wall clock of each machine is off, in ms. */
  readonly clockSkew: Readonly<Record<Machine, number>>;
  /** Receives the arguments of `console.error`. */
  readonly onConsoleError: (args: unknown[]) => void;
  /** Replaces `window`: it fires `online`, `offline`, `pagehide` and `pageshow`. */
  readonly window: Pick<EventTarget, "addEventListener" | "removeEventListener">;
  /** The value of `navigator.onLine`. */
  readonly online: boolean;
  /** Replaces `document`: it fires `visibilitychange`. */
  readonly document: VirtualGlobals["window"] & { readonly visibilityState: string };
  /** Replaces `node:fs` for some paths. */
  readonly files: VirtualFileSystem;
}

/** The wall clock of every world starts at this date, in ms since 1970. It is far from the present, so a mix-up shows. */
const startDate = Date.UTC(2020, 0, 1);
const realImmediate = setImmediate;
let current: VirtualGlobals | undefined;

/** The result of the virtual `setTimeout` and `setInterval`. It has `ref` and `unref` as Node's timers do. */
class VirtualTimer {
  #cancel: () => void = () => {};
  constructor(scheduler: Scheduler, ms: number, repeats: boolean, callback: () => void) {
    const start = (): void => {
      this.#cancel = scheduler.schedule("client", ms, () => {
        if (repeats) start();
        callback();
      });
    };
    start();
  }
  unref(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  clear(): void {
    this.#cancel();
  }
}

/** Lets the globals of this thread use a world; with undefined they are the real ones again. */
export function useVirtualGlobals(globals: VirtualGlobals | undefined): void {
  current = globals;
}

/** Resolves when every promise that can settle has settled. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

/**
 * Replaces time, random numbers, page and files among the globals of this thread, for good. Call it before the thread
 * imports the product: its modules may keep a reference to a global.
 */
export function installVirtualGlobals(): void {
  installTimers();
  installClocks();
  installRandom();
  installPage();
  installFiles();
  syncBuiltinESMExports();
}

function installTimers(): void {
  const real = { setTimeout, setInterval, clearTimeout };
  const timer =
    (repeats: boolean) =>
    (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown => {
      if (current) return new VirtualTimer(current.scheduler, ms, repeats, () => callback(...args));
      return repeats ? real.setInterval(callback, ms, ...args) : real.setTimeout(callback, ms, ...args);
    };
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.clear();
    else real.clearTimeout(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    setTimeout: timer(false),
    setInterval: timer(true),
    // Only the server uses immediates, so a pause of the client does not delay them.
    setImmediate: (callback: () => void) => current?.scheduler.schedule("server", 0, callback),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  });
  Object.assign(timers, {
    setImmediate: () =>
      new Promise<void>((resolve) => void current?.scheduler.schedule("server", 0, resolve)),
  });
}

function installClocks(): void {
  const real = { now: Date.now, elapsed: performance.now.bind(performance) };
  const wallClock = (machine: Machine) => (): number =>
    current ? Math.floor(startDate + current.scheduler.now + current.clockSkew[machine]) : real.now();
  class ServerDate extends Date {
    static override readonly now = wallClock("server");
  }
  Object.assign(globalThis, { ServerDate }); // server-date-loader.mjs gives it to the server's modules
  Object.assign(Date, { now: wallClock("client") });
  define(performance, "now", { value: () => current?.scheduler.now ?? real.elapsed() });
}

function installRandom(): void {
  const real = {
    random: Math.random,
    fill: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
  };
  const fill = <View extends ArrayBufferView>(view: View): View => {
    if (!current) return real.fill(view as never);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = current.random.integer(0, 255);
    return view;
  };
  const uuid = (): string => Buffer.from(fill(new Uint8Array(16))).toString("hex");
  Object.assign(Math, { random: () => current?.random.next() ?? real.random() });
  define(globalThis.crypto, "getRandomValues", { value: fill });
  define(globalThis.crypto, "randomUUID", { value: uuid });
  Object.assign(crypto, {
    randomBytes: (size: number) => fill(Buffer.alloc(size)),
    randomFillSync: fill,
    randomUUID: uuid,
  });
}

function installPage(): void {
  const realError = console.error;
  Object.assign(globalThis, {
    addEventListener: (type: string, listener: EventListener) =>
      current?.window.addEventListener(type, listener),
    removeEventListener: (type: string, listener: EventListener) =>
      current?.window.removeEventListener(type, listener),
  });
  Object.assign(console, {
    error: (...args: unknown[]) => (current ? current.onConsoleError(args) : realError(...args)),
  });
  define(globalThis, "navigator", { get: () => current && { onLine: current.online } });
  define(globalThis, "document", { get: () => current?.document });
}

function installFiles(): void {
  for (const name of fileFunctions) {
    const real = files[name] as (...args: unknown[]) => unknown;
    const virtual = (path: string, ...args: unknown[]): unknown =>
      current && path.startsWith("/sim/")
        ? (current.files[name] as (...args: unknown[]) => unknown)(path, ...args)
        : real(path, ...args);
    Object.assign(files, { [name]: virtual });
  }
  const realRead = fs.readFileSync as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    readFileSync: (path: unknown, ...args: unknown[]) =>
      current?.files.readProcFile(String(path)) ?? realRead(path, ...args),
  });
}

function define(target: object, name: string, descriptor: PropertyDescriptor): void {
  Object.defineProperty(target, name, { configurable: true, ...descriptor });
}
