import type { Call, ContractRoom } from "@symbolon/server";
import type { ServerClock } from "../virtual/server-clock.ts";
import { type Application, type StreamItem, streamItems } from "./application.ts";
import type { chat } from "./contract.ts";
import { answerTo, isEchoed } from "./message-rules.ts";

type ChatCall = Pick<Call<typeof chat>, "messageKey" | "room">;

/** The conversation to which handlers belong. */
export interface HandlerOwner {
  /** The number of the conversation. */
  readonly conversation: number;
  /** The number of its setup. */
  readonly setup: number;
  /** The client; 0 for an attacker. */
  readonly client: number;
}

/** Makes the handlers of one server process. */
export class ServerHandlers {
  /** How many of them run. */
  running = 0;
  readonly #application: Application;
  readonly #clock: ServerClock;
  readonly #hasStore: boolean;

  constructor(application: Application, clock: ServerClock, hasStore: boolean) {
    this.#application = application;
    this.#clock = clock;
    this.#hasStore = hasStore;
  }

  /** The handlers of one conversation. */
  of(owner: HandlerOwner) {
    const application = this.#application;
    const handle = (message: { n: number }, call: ChatCall) => this.#handle(owner, message, call);
    const handleWithEcho: typeof handle = (message, call) => {
      if (this.#hasStore && isEchoed(message.n)) this.#echo(call.room("all"), message.n);
      return handle(message, call);
    };
    return {
      note: handleWithEcho,
      ask: async (message: { n: number }, call: ChatCall) => {
        await handleWithEcho(message, call);
        return answerTo(message.n);
      },
      list: async function* (message: { n: number }, call: ChatCall) {
        await handle(message, call);
        yield* streamItems(message.n);
      },
      feed: async function* (message: { n: number }, call: ChatCall & { upload: AsyncIterable<StreamItem> }) {
        await handle(message, call);
        const { setup } = owner;
        for await (const { n, i } of call.upload)
          application.trace.add({ type: "itemRead", by: "server", n, i, upload: true, setup });
        yield { n: message.n, i: 0 };
      },
    };
  }

  async #handle(owner: HandlerOwner, { n }: { n: number }, { messageKey: key }: ChatCall): Promise<void> {
    this.running += 1;
    const sleep = (ms: number): Promise<void> =>
      new Promise((resolve) => void this.#clock.after(ms, resolve));
    const call = { n, ...owner, key };
    await this.#application.runHandler("server", call, sleep).finally(() => (this.running -= 1));
  }

  /** Sends a message in the room: the product appends it once the handler has settled. */
  #echo(room: ContractRoom<typeof chat>, cause: number): void {
    const message = { ...this.#application.nextMessage(), conv: 0 };
    const { n } = message;
    this.#application.trace.add({ type: "sent", by: "server", n, kind: "room", room: "all", cause });
    void room.send("posted", message);
  }
}
