import { setTimeout } from "node:timers/promises";
import type { Store } from "@symbolon/server/store";

/** Makes a call of a store, and returns its result: at once, or later. */
export type Around = (name: string, call: () => unknown) => unknown;

/** What answers from what the process knows already: not a call to the data. */
const localNames: ReadonlySet<string> = new Set(["isOverloaded", "hasCapacity", "watch"]);

/** A store whose calls to its sessions, rooms and tickets pass through `around`. */
export function observeStore(store: Store, around: Around): Store {
  return {
    sessions: observePart(store.sessions, around),
    rooms: observePart(store.rooms, around),
    tickets: observePart(store.tickets, around),
    proofKey: () => store.proofKey(),
    close: () => store.close?.(),
  };
}

/** Answers a call after so many ms; with 0 in a promise, without a timer. */
export async function answerLater(call: () => unknown, ms: number): Promise<unknown> {
  const result = await call();
  if (ms > 0) await setTimeout(ms);
  return result;
}

function observePart<Part extends object>(part: Part, around: Around): Part {
  const methods = new Map<string | symbol, unknown>();
  return new Proxy(part, {
    get(target, name) {
      if (methods.has(name)) return methods.get(name);
      const value: unknown = Reflect.get(target, name, target);
      const method = typeof value === "function" ? observeMethod(target, String(name), value, around) : value;
      methods.set(name, method);
      return method;
    },
  });
}

/** The method has its object as `this`, since a class may have private fields. */
function observeMethod(target: object, name: string, method: Function, around: Around): unknown {
  if (localNames.has(name)) return method.bind(target);
  return (...args: unknown[]): unknown => around(name, () => Reflect.apply(method, target, args));
}
