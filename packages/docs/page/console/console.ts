import type { Observable } from "../observable.ts";
import type { FrameLog } from "./frame-log.ts";
import type { SessionFigures } from "./session-figures.ts";

/** The state of a console's connection. */
export interface ConsoleStatus {
  readonly state: "idle" | "connecting" | "open" | "waiting" | "cut" | "closed";
  /** Why it is in this state. */
  readonly reason?: string;
}

/** What a console connects with. */
export interface ConnectValues {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly token: string;
}

/** A call of the server, which the reader of the page answers. */
export interface ServerCall {
  readonly id: number;
  readonly name: string;
  readonly kind: "request" | "stream";
  readonly input: unknown;
  /** Answers it: a value, or the array of a stream's items. */
  readonly answer: (value: unknown) => void;
  /** Fails it with a code. */
  readonly fail: (code: string, message: string) => void;
}

/** A stream that runs. */
export interface RunningStream {
  readonly id: number;
  readonly name: string;
  readonly items: number;
  readonly cancel: () => void;
}

/** A console of a route: it connects, sends, and shows what passes. */
export interface RouteConsole {
  readonly log: FrameLog;
  readonly status: Observable<ConsoleStatus>;
  readonly figures: Observable<SessionFigures>;
  readonly connect: (values: ConnectValues) => void;
  readonly disconnect: () => void;
}
