import type { CloseError } from "@symbolon/protocol";

/** How far a conversation has come. */
export type State =
  /** The conversation is not accepted yet: its setup runs. */
  | { readonly type: "setup" }
  /** Messages are handled. */
  | { readonly type: "running" }
  /** The server has closed the link; the wire may still be there. */
  | { readonly type: "closing"; readonly error: CloseError }
  /** The client has disconnected for good. */
  | { readonly type: "ended"; readonly error: CloseError };

/** The states before each. */
export interface Before {
  readonly setup: never;
  readonly running: "setup";
  readonly closing: "setup" | "running";
  readonly ended: "setup" | "running" | "closing";
}
