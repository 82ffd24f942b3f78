import { once } from "node:events";
import { WebSocket } from "ws";

/** A person without a page: a plain WebSocket client that sends many chat messages quickly. */
export class PlainClient {
  readonly #socket: WebSocket;
  #sentCount = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Joins a room. */
  static async join(port: number, name: string, room = "lobby"): Promise<PlainClient> {
    const socket = new WebSocket(`ws://localhost:${port}/chat/${room}?name=${name}`);
    await once(socket, "open");
    return new PlainClient(socket);
  }

  /** Sends the next `count` chat messages. Their texts are `line 1`, `line 2` and so on, over all calls. */
  sendMany(count: number): void {
    for (const last = this.#sentCount + count; this.#sentCount < last;) {
      this.#sentCount += 1;
      const data = { id: `message ${this.#sentCount}`, text: `line ${this.#sentCount}` };
      this.#socket.send(JSON.stringify({ t: "event", name: "post", data }));
    }
  }
}
