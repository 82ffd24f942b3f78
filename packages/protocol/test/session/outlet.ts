import { DurableSession } from "../../src/session/durable-session.ts";
import type { RemoteState, DeliveryOptions } from "../../src/session/session-options.ts";

/** What a half says that has heard nothing, and has room for much. */
export const ample: RemoteState = { rx: 0, w: 256, wb: 2 ** 20 };

/** Lets everything happen that waits for nothing but its turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A wire without another end, that can be full. */
export class Outlet {
  /** How often it was asked whether it has room. */
  asked = 0;
  readonly #sent: string[] = [];
  #full: Promise<void> | undefined;
  #drain: (() => void) | undefined;

  send(message: unknown): void {
    this.#sent.push(String(message));
  }

  drained(): Promise<void> | undefined {
    this.asked += 1;
    return this.#full;
  }

  /** It takes no more. */
  fills(): void {
    this.#full ??= new Promise((resolve) => (this.#drain = resolve));
  }

  /** It takes more again. */
  async drains(): Promise<void> {
    this.#full = undefined;
    this.#drain?.();
    await settled();
  }

  /** What was sent since the last time. */
  said(): string[] {
    return this.#sent.splice(0);
  }
}

/** A session of few messages, live on an outlet unless `away`. */
export function speaking({
  away = false,
  position = {},
  ...options
}: Partial<DeliveryOptions> & { away?: boolean; position?: Partial<RemoteState> } = {}) {
  const session = new DurableSession({ window: { w: 64, wb: 1_000 }, ...options });
  const outlet = new Outlet();
  const live = (now: Partial<RemoteState> = {}, on = outlet): Outlet => {
    session.attach(on, { ...ample, ...position, ...now });
    return on;
  };
  /** A wire after the last one was lost. */
  const again = (now: Partial<RemoteState> = {}): Outlet => {
    session.detach();
    return live(now, new Outlet());
  };
  if (!away) live();
  return { session, outlet, live, again };
}

/** A message of so many characters, of a kind. */
export const message = (name: string | number, length = 0): string => `{"t":"${name}"}`.padEnd(length);

/** It, with its numbers. */
export const stamped = (s: number, name: string | number, a?: number): string =>
  `{"s":${s},${a === undefined ? "" : `"a":${a},`}"t":"${name}"}`;

/** A message as it was before a session numbered it. */
export function unnumbered(written: unknown): string {
  return String(written).replace(/^\{"s":\d+,/, "{");
}

/** What became of something sent: undefined while it waits. */
export async function outcome(sent: PromiseLike<void>): Promise<unknown> {
  const waiting = settled().then(() => undefined);
  return Promise.race([sent.then(() => "settled"), waiting]).catch((error: unknown) => error);
}
