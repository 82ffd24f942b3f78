import { type Client, connect } from "@symbolon/client";
import { talk } from "./contract.ts";
import type { Network } from "./network.ts";
import type { Settings } from "./settings.ts";
import { socketClass } from "./socket.ts";
import { giveAll, readAll, type Stage } from "./stage.ts";
import type { Kind } from "./trace.ts";

/** One client of the application under test: the real one, with handlers that write down what they are given. */
export class ClientApp {
  readonly id: number;
  readonly client: Client<typeof talk>;
  readonly #stage: Stage;

  constructor(id: number, stage: Stage, network: Network, settings: Settings) {
    this.id = id;
    this.#stage = stage;
    this.client = connect(talk, {
      url: "http://sim",
      getToken: () => `user ${id}`,
      WebSocket: socketClass(network, id, settings.terminable),
      ...settings.client,
    });
    this.#listen();
  }

  get open(): boolean {
    return this.client.status.value.state === "open";
  }

  /** The client says something now. */
  say(kind: Kind): void {
    const said = this.#stage.next();
    const { n } = said;
    this.#stage.trace.add({ is: "said", by: "client", n, kind, client: this.id });
    this.#stage.watch(said, this.#say(kind, said), kind === "ask" ? 2 * n : undefined);
  }

  /** The application has enough. */
  close(): void {
    this.#stage.trace.add({ is: "closing", client: this.id });
    this.client.close();
  }

  #say(kind: Kind, said: { n: number; pad: string }): PromiseLike<unknown> {
    const stage = this.#stage;
    if (kind === "event") return this.client.send("note", said);
    if (kind === "ask") return this.client.request("ask", said);
    if (kind === "stream") return readAll(stage, "client", said.n, this.client.stream("list", said));
    const upload = giveAll(said.n);
    return readAll(stage, "client", said.n, this.client.stream("feed", said, { upload }));
  }

  #listen(): void {
    const { id: client } = this;
    const stage = this.#stage;
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    const handle = ({ n, conv }: { n: number; conv: number }): Promise<void> =>
      stage.handle("client", { n, client, conv }, sleep);
    this.client.on("news", handle);
    this.client.on("spoken", handle);
    this.client.onReset(({ reason: why }) => stage.trace.add({ is: "reset", client, why }));
    this.client.onGap(({ room, from, to, reason: why }) =>
      stage.trace.add({ is: "gap", client, ...(room !== undefined && { room }), from, to, why }),
    );
    this.client.handle("ask", async (said) => {
      await handle(said);
      return 2 * said.n;
    });
    this.client.handle("list", async function* (said) {
      await handle(said);
      yield* giveAll(said.n);
    });
    this.client.status.subscribe(({ state: status, resumed }) =>
      stage.trace.add({ is: "status", client, status, resumed, buffered: this.client.bufferedAmount }),
    );
  }
}
