import { type Client, connect, type ConnectionStatus, type ConnectOptions } from "@symbolon/client";
import {
  type AnyContract,
  contract,
  type ContractDefinition,
  type Messages,
  request,
  RequestError,
  type Schema,
  stream,
} from "@symbolon/protocol";
import type { PageContract, PageMessage } from "../../src/page/page-data.ts";
import { Observable } from "../observable.ts";
import type { ConnectValues, ConsoleStatus, RouteConsole, RunningStream, ServerCall } from "./console.ts";
import { frameEntry, messageEntry, readFrame, sizeOf } from "./frame-text.ts";
import { FrameLog } from "./frame-log.ts";
import { Network } from "./network.ts";
import { noFigures, SessionReader } from "./session-figures.ts";

/** Accepts any value: the server's schemas decide, and the page shows what they say. */
const anything: Schema = {
  "~standard": { version: 1, vendor: "symbolon-docs", validate: (value) => ({ value }) },
};

type ClientOptions = ConnectOptions<AnyContract>;

/** A console of a contract: a real client, whose session survives a loss of its connection. */
export class ContractConsole implements RouteConsole {
  readonly log = new FrameLog();
  readonly status = new Observable<ConsoleStatus>({ state: "idle" });
  readonly figures = new Observable(noFigures);
  /** The calls of the server that wait for an answer. */
  readonly calls = new Observable<readonly ServerCall[]>([]);
  /** The streams that run. */
  readonly streams = new Observable<readonly RunningStream[]>([]);
  /** The members of the rooms whose presence is followed. */
  readonly members = new Observable<Readonly<Record<string, readonly unknown[]>>>({});
  readonly #route: PageContract;
  readonly #url: string;
  readonly #contract: AnyContract;
  #network: Network | undefined;
  #client: Client<AnyContract> | undefined;
  #lastId = 0;

  /** `url` is where the app is served. */
  constructor(route: PageContract, url: string) {
    this.#route = route;
    this.#url = url;
    this.#contract = consoleContract(route);
  }

  connect({ params, query, token }: ConnectValues): void {
    this.disconnect();
    const reader = new SessionReader();
    const network = new Network({
      sent: (message) => this.#observe("sent", message, reader),
      received: (message) => this.#observe("received", message, reader),
      closed: (code, reason) => this.log.note(`connection closed with ${code}${reason && `: ${reason}`}`),
    });
    this.#network = network;
    const options = {
      url: this.#url,
      params,
      query,
      WebSocket: network.WebSocket,
      allowInsecure: true, // the page itself came from there
      ...(token !== "" && { getToken: () => token }),
    } as unknown as ClientOptions;
    try {
      const client = connect(this.#contract, options);
      this.#client = client;
      this.#listen(client);
      client.opened.catch(() => {}); // the status says why
    } catch (error) {
      this.status.value = { state: "closed", reason: textOf(error) };
      this.log.problem(textOf(error));
    }
  }

  disconnect(): void {
    this.#client?.close();
    this.#client = undefined;
    this.calls.value = [];
    this.members.value = {};
    if (this.status.value.state !== "idle") this.status.value = { state: "idle" };
  }

  /** Loses the connection, and each new one, for `ms`. */
  cut(ms: number): void {
    const network = this.#network;
    if (network === undefined) return this.log.problem("not connected");
    this.log.note(`the network is cut for ${ms / 1000} s`);
    network.cut();
    this.status.value = { state: "cut" };
    setTimeout(() => {
      network.restore();
      this.log.note("the network is back");
      if (network === this.#network) this.#client?.reconnect();
    }, ms);
  }

  /** Sends a message, and notes how it ends. */
  async send(message: PageMessage, data: unknown, upload: readonly unknown[] = []): Promise<void> {
    const client = this.#client;
    if (client === undefined) return this.log.problem("not connected");
    const started = performance.now();
    const after = (): string => `${Math.round(performance.now() - started)} ms`;
    try {
      if (message.kind === "event") {
        await client.send(message.name, data);
        this.log.note(`${message.name}: handled after ${after()}`);
      } else if (message.kind === "request") {
        const reply: unknown = await client.request(message.name, data);
        this.log.note(`${message.name}: reply after ${after()}`, reply ?? null);
      } else await this.#runStream(client, message, data, upload);
    } catch (error) {
      const { issues, data: details } = Object(error) as Partial<Record<"issues" | "data", unknown>>;
      this.log.problem(`${message.name}: ${textOf(error)}`, issues ?? details);
    }
  }

  /** Follows the presence of a room; with `data`, shows it there. */
  follow(room: string, data?: unknown): void {
    const presence = this.#client?.presence(room);
    if (presence === undefined) return this.log.problem("not connected");
    const show = (members: readonly unknown[]): void => {
      this.members.value = { ...this.members.value, [room]: members };
    };
    if (this.members.value[room] === undefined) presence.subscribe(show);
    show(presence.value);
    if (data !== undefined) presence.set(data);
  }

  async #runStream(
    client: Client<AnyContract>,
    message: PageMessage,
    data: unknown,
    upload: readonly unknown[],
  ): Promise<void> {
    const id = (this.#lastId += 1);
    const aborter = new AbortController();
    const cancel = (): void => aborter.abort(new Error("cancelled"));
    const show = (items: number): void => {
      const others = this.streams.value.filter((one) => one.id !== id);
      this.streams.value = [...others, { id, name: message.name, items, cancel }];
    };
    show(0);
    let items = 0;
    try {
      const options = { signal: aborter.signal, ...(message.upload && { upload }) };
      for await (const item of client.stream(message.name, data, options)) {
        items += 1;
        show(items);
        this.log.note(`${message.name}: item ${items}`, item);
      }
      this.log.note(`${message.name}: ended after ${itemsText(items)}`);
    } catch (error) {
      if (!aborter.signal.aborted) throw error;
      this.log.note(`${message.name}: cancelled after ${itemsText(items)}`);
    } finally {
      this.streams.value = this.streams.value.filter((one) => one.id !== id);
    }
  }

  #listen(client: Client<AnyContract>): void {
    const show = (status: ConnectionStatus): void => {
      if (client !== this.#client) return;
      this.status.value = describeStatus(status, this.#network?.isCut === true);
    };
    client.status.subscribe(show);
    show(client.status.value);
    client.onReset(({ reason }) => this.log.problem(`the session was reset: ${reason}`));
    client.onGap((gap) => this.log.problem("messages of a room are lost", gap));
    client.onFailed(({ name, error }) => this.log.problem(`${name}: ${textOf(error)}`));
    for (const { from, name, kind } of this.#route.messages) {
      if (from === "client") continue;
      if (kind === "event") client.on(name, () => {}); // the log has the frame
      else client.handle(name, ((input: unknown) => this.#ask(name, kind, input)) as never);
    }
  }

  /** Asks the reader of the page for an answer to the server. */
  #ask(name: string, kind: "request" | "stream", input: unknown): Promise<unknown> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        this.calls.value = this.calls.value.filter((call) => call.id !== id);
        act();
      };
      const call: ServerCall = {
        id,
        name,
        kind,
        input,
        answer: (value) => settle(() => resolve(value)),
        fail: (code, message) => settle(() => reject(new RequestError(code, message))),
      };
      this.calls.value = [...this.calls.value, call];
    });
  }

  #observe(kind: "sent" | "received", message: unknown, reader: SessionReader): void {
    const size = sizeOf(message);
    const frame = readFrame(message);
    if (frame === undefined) return this.log.add(messageEntry(kind, message));
    reader[kind](frame, size, performance.now());
    this.figures.value = reader.figures;
    this.log.add(frameEntry(kind, frame, size));
  }
}

function describeStatus({ state, error, resumed, attempt }: ConnectionStatus, isCut: boolean): ConsoleStatus {
  if (isCut && state !== "closed") return { state: "cut" };
  if (state === "open") return { state, ...(resumed && { reason: "the session was resumed" }) };
  const why = error && `${error.reason || error.message} (${error.code})`;
  const reason = [state === "waiting" ? `try ${attempt}` : undefined, why]
    .filter((part) => part !== undefined)
    .join(": ");
  return { state, ...(reason !== "" && { reason }) };
}

/** How many items a stream had. */
export function itemsText(items: number): string {
  return items === 1 ? "1 item" : `${items} items`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The contract of a route, with the messages' names and kinds, and schemas that accept anything. */
function consoleContract({ path, messages, presence }: PageContract): AnyContract {
  const of = (side: "client" | "server"): Messages =>
    Object.fromEntries(
      messages
        .filter(({ from }) => from === side)
        .map(({ name, kind, upload }) => {
          if (kind === "event") return [name, anything];
          const calls = { input: anything, output: anything };
          if (kind === "request") return [name, request(calls)];
          return [name, stream(upload === undefined ? calls : { ...calls, upload: anything })];
        }),
    );
  const definition: ContractDefinition = {
    client: of("client"),
    server: of("server"),
    ...(presence && { presence: { data: anything, by: presence.by } }),
  };
  return contract<string, ContractDefinition>(path, definition);
}
