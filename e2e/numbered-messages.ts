/** A numbered chat message that a page has received. */
export type ReceivedMessage = {
  /** The name of the sender. */
  readonly from: string;
  /** The message's number among those of its sender, from 1. */
  readonly number: number;
  /** Which of the page's WebSockets received it, from 1. */
  readonly socket: number;
  /** When, in ms since 1970. */
  readonly at: number;
};

/** The text of a numbered message. */
export function textOf({ from, number }: Pick<ReceivedMessage, "from" | "number">): string {
  return `message ${number} of ${from}.`;
}

/**
 * A script that runs in a page before the page's own: records in the global `received` which numbered messages the page's
 * WebSockets receive. The page itself does not show a message that comes twice.
 */
export function recordReceived(): void {
  const received: ReceivedMessage[] = [];
  let sockets = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets += 1;
      const socket = sockets;
      this.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
        const at = Date.now();
        const text = typeof data === "string" ? data : new TextDecoder().decode(data);
        for (const [, number, from = ""] of text.matchAll(/message (\d+) of (\w+)\./g))
          received.push({ from, number: Number(number), socket, at });
      });
    }
  };
  Object.assign(globalThis, { received });
}
