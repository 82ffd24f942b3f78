/** What a developer should know, as a warning or an error. `package.json` has it as `#warnings` for the condition `development`. */

import type { AnyContract } from "@symbolon/protocol";
import { checkContract, type EventFailure } from "@symbolon/protocol/internal";

/** The listeners of a client, each with its event: a name of the contract, or a symbol for an event of the client itself. */
type Listeners = ReadonlySet<{ readonly event: string | symbol }>;

/** The events to which each client has ever listened. */
const listenedTo = new WeakMap<Listeners, Set<string | symbol>>();
/** The warnings that were given. */
const given = new Set<string>();

/** The options of `connect` that are groups of numbers. */
type NumberOptions = { readonly [Group in "reconnect" | "outbox" | "inbox"]?: object };

/**
 * Checks what `connect` is given. A page that is built for production leaves this out: its copies of the protocol, and mostly
 * its options, are those of the developer's build.
 * @throws TypeError for a contract that this copy of the protocol does not know, and for an option that has to be a number.
 */
function checkArguments(contract: AnyContract, { reconnect, outbox, inbox }: NumberOptions): void {
  checkContract(contract);
  for (const [group, options] of Object.entries({ reconnect, outbox, inbox }))
    for (const [name, value] of Object.entries(options ?? {}) as [string, unknown][])
      if (name !== "full" && value !== undefined && !(typeof value === "number" && value >= 0))
        throw new TypeError(
          `${group}.${name} has to be a number from 0, or Infinity, not ${typeof value === "number" ? value : JSON.stringify(value)}`,
        );
  const { full = "wait" } = (outbox ?? {}) as { readonly full?: string };
  if (full !== "wait" && full !== "reject")
    throw new TypeError(`outbox.full has to be "wait" or "reject", not ${JSON.stringify(full)}`);
}

/** The client listens to an event. */
function noteListener(listeners: Listeners, event: string | symbol): void {
  listenedTo.set(listeners, (listenedTo.get(listeners) ?? new Set()).add(event));
}

/** Warns of an event of the server to which the client has never listened. */
function warnOfEvent(listeners: Listeners, event: string | symbol, { path }: AnyContract): void {
  if (typeof event === "symbol" || listenedTo.get(listeners)?.has(event)) return;
  const name = JSON.stringify(event);
  warnOnce(`the event ${name} of ${path} arrived, and no code has listened to it: client.on(${name}, …)`);
}

/** Warns of what the client has sent and what failed, if the client does not listen to such failures by the event `failed`. */
function warnOfFailure(
  listeners: Listeners,
  failed: symbol,
  { name, error }: EventFailure,
  { path }: AnyContract,
): void {
  if ([...listeners].some(({ event }) => event === failed)) return;
  warnOnce(
    `${JSON.stringify(name)} to ${path} failed, and no code has awaited it: await it, or listen by client.onFailed`,
    error,
  );
}

function warnOnce(text: string, ...details: readonly unknown[]): void {
  if (given.has(text)) return;
  given.add(text);
  console.warn(`symbolon: ${text}`, ...details);
}

export { checkArguments, noteListener, warnOfEvent, warnOfFailure };
