/** A numbered line that came to a page: on which of its sockets, and when, in ms since 1970. */
export type Heard = {
  readonly from: string;
  readonly n: number;
  readonly socket: number;
  readonly at: number;
};

/** The words of a numbered line. */
export function wordsOf({ from, n }: Pick<Heard, "from" | "n">): string {
  return `${from} says ${n}.`;
}

/** For a page, before its own scripts: keeps as `heard` what its sockets hear, for the page would forgive a line that comes twice. */
export function keepHeard(): void {
  const heard: Heard[] = [];
  let sockets = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets += 1;
      const socket = sockets;
      this.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
        const at = Date.now();
        const text = typeof data === "string" ? data : new TextDecoder().decode(data);
        for (const [, from = "", n] of text.matchAll(/(\w+) says (\d+)\./g))
          heard.push({ from, n: Number(n), socket, at });
      });
    }
  };
  Object.assign(globalThis, { heard });
}
