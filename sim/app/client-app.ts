import { type Client, connect } from "@symbolon/client";
import type { WorldSettings } from "../modes/settings.ts";
import { makeSocketClass } from "../network/client-socket.ts";
import type { Network } from "../network/network.ts";
import type { MessageKind } from "../trace/trace.ts";
import { type Application, streamItems } from "./application.ts";
import { chat } from "./contract.ts";
import { answerTo } from "./message-rules.ts";

/** The application on a client. */
export interface AppClient {
  /** The client's number; the first client of a world is 1. */
  readonly id: number;
  /** Whether the client is connected. */
  readonly isOpen: boolean;
  /** Sends a message of this kind. */
  send(kind: MessageKind): void;
  /** Closes the client. */
  close(): void;
}

/** The application on a client with a session: the real client, with handlers that record their calls. */
export class ClientApp implements AppClient {
  /** The client's number. */
  readonly id: number;
  readonly #client: Client<typeof chat>;
  readonly #application: Application;

  /** Connects at once. */
  constructor(id: number, application: Application, network: Network, settings: WorldSettings) {
    this.id = id;
    this.#application = application;
    this.#client = connect(chat, {
      url: "https://sim",
      getToken: () => `user ${id}`,
      WebSocket: makeSocketClass(network, id, settings.terminable),
      ...settings.client,
    });
    this.#addHandlers();
  }

  /** Whether the client is connected. */
  get isOpen(): boolean {
    return this.#client.status.value.state === "open";
  }

  /** Sends a message of this kind. */
  send(kind: MessageKind): void {
    const message = this.#application.nextMessage();
    const { n } = message;
    this.#application.trace.add({ type: "sent", by: "client", n, kind, client: this.id });
    const expected = kind === "request" ? answerTo(n) : undefined;
    this.#application.recordOutcome(message, this.#send(kind, message), expected);
  }

  /** Closes the client. */
  close(): void {
    this.#application.trace.add({ type: "clientClosed", client: this.id });
    this.#client.close();
  }

  #send(kind: MessageKind, message: { n: number; pad: string }): PromiseLike<unknown> {
    const { n } = message;
    if (kind === "event") return this.#client.send("note", message);
    if (kind === "request") return this.#client.request("ask", message);
    if (kind === "stream")
      return this.#application.readStream("client", n, this.#client.stream("list", message));
    const upload = streamItems(n);
    return this.#application.readStream("client", n, this.#client.stream("feed", message, { upload }));
  }

  #addHandlers(): void {
    const { id } = this;
    const application = this.#application;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const handle = ({ n, conv: conversation }: { n: number; conv: number }): Promise<void> =>
      application.runHandler("client", { n, client: id, conversation }, sleep);
    this.#client.on("news", handle);
    this.#client.on("posted", handle);
    this.#client.onReset(({ reason }) => application.trace.add({ type: "reset", client: id, reason }));
    this.#client.onGap(({ room, from, to, reason }) =>
      application.trace.add({
        type: "gap",
        client: id,
        ...(room !== undefined && { room }),
        from,
        to,
        reason,
      }),
    );
    this.#client.handle("ask", async (message) => {
      await handle(message);
      return answerTo(message.n);
    });
    this.#client.handle("list", async function* (message) {
      await handle(message);
      yield* streamItems(message.n);
    });
    this.#client.status.subscribe(({ state: status, resumed }) =>
      application.trace.add({
        type: "status",
        client: id,
        status,
        resumed,
        buffered: this.#client.bufferedAmount,
      }),
    );
  }
}
