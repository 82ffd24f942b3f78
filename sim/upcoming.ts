/** What the product will say about sessions; until it does, nothing is heard. */

/** What becomes of a session. */
export type SessionChange =
  | { readonly is: "parked" | "resumed" }
  | { readonly is: "ended"; readonly undelivered: number };

/** Tells what becomes of the session of a peer. */
export function watchSession(peer: object, told: (change: SessionChange) => void): void {
  (peer as { watch?: (told: (change: SessionChange) => void) => void }).watch?.(told);
}

/** Tells of the end of a client's continuity. */
export function onReset(client: object, told: (reset: { readonly why: string }) => void): void {
  (client as { on: (name: string, told: (reset: { readonly why: string }) => void) => void }).on(
    "reset",
    told,
  );
}

/** A range that is lost. */
export interface Gap {
  readonly room?: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** Tells of what is lost. */
export function onGap(client: object, told: (gap: Gap) => void): void {
  (client as { on: (name: string, told: (gap: Gap) => void) => void }).on("gap", told);
}

/** How much a client holds, in characters. */
export function bufferedAmount(client: object): number {
  return (client as { bufferedAmount?: number }).bufferedAmount ?? 0;
}
