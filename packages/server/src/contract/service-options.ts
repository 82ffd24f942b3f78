import type { FrameCodec } from "@symbolon/protocol";
import type { Connections } from "../access/connections.ts";
import type { FailedResumes } from "../access/failed-resumes.ts";
import type { HandlerSlots } from "../access/handler-slots.ts";
import type { LinkOptions } from "../session/link.ts";
import type { SessionLink } from "../session/session-link.ts";
import type { Sessions } from "../session/sessions.ts";
import type { StoredSessions } from "../session/stored-sessions.ts";
import type { Store } from "../store/store.ts";

/** What a service needs of the app. */
export interface ServiceOptions extends LinkOptions {
  /** The codecs besides JSON, the best first. @default [] */
  readonly codecs?: readonly FrameCodec[] | undefined;
  /** The sessions of the app. */
  readonly sessions: Sessions<SessionLink>;
  /** The connected clients of the app. */
  readonly connections: Connections;
  /** Bounds how many handlers of the app run at once. */
  readonly slots: HandlerSlots;
  /** Counts the resumes that fail, by address. */
  readonly failedResumes: FailedResumes;
  /** Called when the store fails and no caller awaits it. */
  readonly onStoreError: (error: unknown) => void;
  /**
   * Has sessions and rooms that survive this process.
   * @default none: they end with the process
   */
  readonly store?: Store | undefined;
  /** The sessions of `store`. */
  readonly storedSessions?: StoredSessions | undefined;
  /** The store of rooms without `store`; another one after a crash. */
  readonly memory: { readonly store: Store };
}
