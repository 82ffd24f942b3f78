import { once } from "node:events";
import { WebSocket } from "ws";

/** Someone in a room who has no page, and says many things quickly. */
export class Guest {
  readonly #socket: WebSocket;
  #said = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Comes in. */
  static async enter(port: number, name: string, room = "lobby"): Promise<Guest> {
    const socket = new WebSocket(`ws://localhost:${port}/chat/${room}?name=${name}`);
    await once(socket, "open");
    return new Guest(socket);
  }

  /** Says so many lines: `line 1`, `line 2` and so on, over all calls. */
  say(lines: number): void {
    for (const last = this.#said + lines; this.#said < last;) {
      this.#said += 1;
      const data = { id: `guest ${this.#said}`, text: `line ${this.#said}` };
      this.#socket.send(JSON.stringify({ t: "event", name: "say", data }));
    }
  }
}
