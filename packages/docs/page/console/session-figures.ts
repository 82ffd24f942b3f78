/** What the frames of a session say about it. */
export interface SessionFigures {
  /** The first characters of the session's id. */
  readonly session?: string;
  /** How the last connection began: a new session, or the one before. */
  readonly began?: string;
  /** The number of the last message that the console has sent. */
  readonly sent: number;
  /** The server has finished all messages up to this number. */
  readonly acknowledged: number;
  /** The number of the last message of the server. */
  readonly received: number;
  /** Between a message and its acknowledgement, in ms. */
  readonly roundTrip?: number;
  /** Bytes in all messages, since the console connected. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** The figures before the first frame. */
export const noFigures: SessionFigures = {
  sent: 0,
  acknowledged: 0,
  received: 0,
  bytesSent: 0,
  bytesReceived: 0,
};

/** A frame, as far as the console reads it. */
export type WireFrame = Readonly<Record<string, unknown>> & { readonly t?: unknown };

/** Derives the figures of a session from its frames. */
export class SessionReader {
  /** When each message was sent that the server has not acknowledged, in ms. */
  readonly #sentAt = new Map<number, number>();
  #figures = noFigures;

  get figures(): SessionFigures {
    return this.#figures;
  }

  /** A frame to the server; `now` in ms. */
  sent(frame: WireFrame, size: number, now: number): void {
    const number = countOf(frame["s"]);
    if (number > this.#figures.sent) this.#sentAt.set(number, now);
    this.#figures = {
      ...this.#figures,
      sent: Math.max(this.#figures.sent, number),
      bytesSent: this.#figures.bytesSent + size,
    };
  }

  /** A frame of the server; `now` in ms. */
  received(frame: WireFrame, size: number, now: number): void {
    const bytesReceived = this.#figures.bytesReceived + size;
    if (frame.t === "welcome") this.#welcome(frame);
    const acknowledged = countOf(frame["a"]);
    const received = Math.max(this.#figures.received, countOf(frame["s"]));
    this.#figures = { ...this.#figures, received, bytesReceived };
    if (acknowledged > this.#figures.acknowledged) this.#acknowledge(acknowledged, now);
  }

  #welcome(frame: WireFrame): void {
    const { state, sid } = frame;
    if (state !== "resumed") {
      this.#sentAt.clear();
      this.#figures = { ...this.#figures, sent: 0, acknowledged: 0, received: 0 };
    }
    this.#figures = {
      ...this.#figures,
      session: String(sid).slice(0, 8),
      began: state === "resumed" ? "resumed" : state === "reset" ? "new: the old one was lost" : "new",
    };
  }

  #acknowledge(acknowledged: number, now: number): void {
    let sentAt: number | undefined;
    for (const [number, at] of this.#sentAt) {
      if (number > acknowledged) break;
      sentAt = at;
      this.#sentAt.delete(number);
    }
    this.#figures = {
      ...this.#figures,
      acknowledged,
      ...(sentAt !== undefined && { roundTrip: now - sentAt }),
    };
  }
}

function countOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
