import crypto from "node:crypto";
import fs from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";
import type { Agenda, Half } from "./scheduler.ts";
import type { Chance } from "./seeded-random.ts";
import type { Files } from "../store/file-system.ts";

/** What the globals of a world stand on. */
export interface Ground {
  readonly agenda: Agenda;
  readonly chance: Chance;
  /** How far the wall clock of each machine is off, in ms. */
  readonly skew: Readonly<Record<Half, number>>;
  /** Told what the product writes to the console. */
  readonly complain: (what: unknown[]) => void;
  /** Hears `online`, `pagehide` and their like. */
  readonly page: Pick<EventTarget, "addEventListener" | "removeEventListener">;
  readonly online: boolean;
  /** Hears `visibilitychange` and `resume`. */
  readonly document: Ground["page"] & { readonly visibilityState: string };
  /** What is below `/sim` and `/proc` on the server's machine. */
  readonly files: Files;
}

/** A year in which no test was written: the wall clock of every world begins here, in ms since the epoch. */
const epoch = Date.UTC(2020, 0, 1);
const realImmediate = setImmediate;
let ground: Ground | undefined;

/** What `setTimeout` gives; Node's own can be `unref`ed, so this can. */
class VirtualTimer {
  #undo: () => void = () => {};
  constructor(on: Ground, ms: number, again: boolean, act: () => void) {
    const set = (): void => {
      this.#undo = on.agenda.plan("client", ms, () => {
        if (again) set();
        act();
      });
    };
    set();
  }
  unref(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  clear(): void {
    this.#undo();
  }
}

/** Puts a world below the globals of this thread, or nothing: then they are what they were. */
export function standOn(next: Ground | undefined): void {
  ground = next;
}

/** Resolves when every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

/** Replaces time, chance and page among this thread's globals, for good. Call it before the product is imported. */
export function install(): void {
  const real = {
    setTimeout,
    setInterval,
    clearTimeout,
    now: Date.now,
    elapsed: performance.now.bind(performance),
    random: Math.random,
    fill: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
    error: console.error,
  };
  const timer =
    (again: boolean) =>
    (act: (...given: unknown[]) => void, ms = 0, ...given: unknown[]): unknown => {
      if (ground) return new VirtualTimer(ground, ms, again, () => act(...given));
      return again ? real.setInterval(act, ms, ...given) : real.setTimeout(act, ms, ...given);
    };
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.clear();
    else real.clearTimeout(timer as NodeJS.Timeout);
  };
  const fill = <View extends ArrayBufferView>(view: View): View => {
    if (!ground) return real.fill(view as never);
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = ground.chance.whole(0, 255);
    return view;
  };
  Object.assign(globalThis, {
    setTimeout: timer(false),
    setInterval: timer(true),
    // Only a server has it: what it does then is not held up by a client that stands still.
    setImmediate: (act: () => void) => ground?.agenda.plan("server", 0, act),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    addEventListener: (type: string, told: EventListener) => ground?.page.addEventListener(type, told),
    removeEventListener: (type: string, told: EventListener) => ground?.page.removeEventListener(type, told),
  });
  const wall = (half: Half) => (): number =>
    ground ? Math.floor(epoch + ground.agenda.now + ground.skew[half]) : real.now();
  class ServerDate extends Date {
    static override readonly now = wall("server");
  }
  Object.assign(globalThis, { ServerDate }); // for dates.mjs
  Object.assign(Date, { now: wall("client") });
  Object.assign(Math, { random: () => ground?.chance.next() ?? real.random() });
  Object.assign(console, {
    error: (...what: unknown[]) => (ground ? ground.complain(what) : real.error(...what)),
  });
  define(performance, "now", { value: () => ground?.agenda.now ?? real.elapsed() });
  const uuid = (): string => Buffer.from(fill(new Uint8Array(16))).toString("hex");
  define(globalThis.crypto, "getRandomValues", { value: fill });
  define(globalThis.crypto, "randomUUID", { value: uuid });
  define(globalThis, "navigator", { get: () => ground && { onLine: ground.online } });
  define(globalThis, "document", { get: () => ground?.document });
  Object.assign(crypto, {
    randomBytes: (size: number) => fill(Buffer.alloc(size)),
    randomFillSync: fill,
    randomUUID: uuid,
  });
  Object.assign(timers, {
    setImmediate: () => new Promise<void>((resolve) => void ground?.agenda.plan("server", 0, resolve)),
  });
  installFiles();
  syncBuiltinESMExports();
}

/** Whatever is below `/sim`, and what `/proc` tells of the server's machine, is that of the world. */
function installFiles(): void {
  const names = ["copyFile", "link", "mkdir", "open", "readFile", "rename", "rm", "writeFile"] as const;
  for (const name of names) {
    const real = files[name] as (...given: unknown[]) => unknown;
    const virtual = (path: string, ...given: unknown[]): unknown =>
      ground && path.startsWith("/sim/")
        ? (ground.files[name] as (...given: unknown[]) => unknown)(path, ...given)
        : real(path, ...given);
    Object.assign(files, { [name]: virtual });
  }
  const real = fs.readFileSync as (...given: unknown[]) => unknown;
  Object.assign(fs, {
    readFileSync: (path: unknown, ...given: unknown[]) =>
      ground?.files.proc(String(path)) ?? real(path, ...given),
  });
}

function define(on: object, name: string, what: PropertyDescriptor): void {
  Object.defineProperty(on, name, { configurable: true, ...what });
}
