import { BoundedQueue } from "@symbolon/protocol/internal";
import { bytes, json, text } from "@symbolon/protocol";
import { createApp, listen, listenEach, type Listener, type Socket } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, serveApp, utf8 } from "./harness.ts";

/** Sends each message back. */
class Echo<Value> {
  message(value: Value): Value {
    return value;
  }
}

test("a class as a listener receives text, bytes or JSON, ignores the other kind, and closes with 1003 for invalid JSON", async () => {
  covers({ case: 152, rows: [48, 51] });
  const app = createApp({ onError: () => {} });
  app.ws("/text", { receive: text, send: text }, listen(new Echo<string>()));
  app.ws("/bytes", { receive: bytes, send: bytes }, listen(new Echo<Uint8Array>()));
  app.ws("/json", { receive: json(), send: json() }, listen(new Echo<unknown>()));
  const server = await serveApp(app);
  const clients = [
    await server.connect("/text"),
    await server.connect("/bytes"),
    await server.connect("/json"),
  ] as const;
  const [textClient, bytesClient, jsonClient] = clients;
  for (const message of [utf8("wrong"), "right"]) textClient.send(message);
  expect(await textClient.receive()).toBe("right");
  for (const message of ["wrong", utf8("right")]) bytesClient.send(message);
  expect(await bytesClient.receive()).toEqual(utf8("right"));
  for (const message of ['{"a":1}', "{bad"]) jsonClient.send(message);
  expect(await jsonClient.receive()).toBe('{"a":1}');
  expect(await jsonClient.closed).toMatchObject({ code: 1003 });
});

test("a class as a listener receives JSON from a binary message too", async () => {
  covers({ case: 153, rows: [13, 51] });
  const app = createApp();
  app.ws("/", { receive: json() }, listen(new Echo<unknown>()));
  const client = await connectClient(app, "/");
  client.send(utf8('{"hello":"world"}'));
  expect(await client.receive()).toBe('{"hello":"world"}');
});

test("a class as a listener receives text and bytes unchanged when the route has no codec", async () => {
  covers({ case: 154, rows: [14, 51] });
  const app = createApp();
  app.ws("/", listen(new Echo<string | Uint8Array>()));
  const client = await connectClient(app, "/");
  for (const message of ["text", utf8("bytes")]) client.send(message);
  expect([await client.receive(), await client.receive()]).toEqual(["text", utf8("bytes")]);
});

test("`listenEach` makes an instance for each connection", async () => {
  covers({ rows: [51] });
  class Counter {
    #count = 0;
    message(line: string): string {
      this.#count += 1;
      return `${line} ${this.#count}`;
    }
  }
  const app = createApp();
  const counter = listenEach(() => new Counter());
  app.ws("/", { receive: text, send: text }, counter);
  const server = await serveApp(app);
  for (const client of [await server.connect("/"), await server.connect("/")]) {
    for (const message of ["a", "b"]) client.send(message);
    expect([await client.receive(), await client.receive()]).toEqual(["a 1", "b 2"]);
  }
});

test("a listener's handshake is accepted with headers by an `accept` of its own, or by a hook", async () => {
  covers({ case: 162, rows: [7, 44] });
  const headers = { "x-greeting": "welcome" };
  const echo = listen<Socket, unknown>(new Echo());
  const app = createApp();
  app.ws("/own", async (socket, context) => {
    await socket.accept({ headers });
    await echo(socket, context);
  });
  app.group(({ responseHeaders }) => responseHeaders.set("x-greeting", "welcome")).ws("/hook", echo);
  const server = await serveApp(app);
  for (const path of ["/own", "/hook"]) {
    const client = await server.connect(path);
    expect(client.headers.get("x-greeting")).toBe("welcome");
    client.send("hello");
    expect(await client.receive()).toBe("hello");
  }
});

/** The context of a listener below. */
interface ListenerContext {
  readonly params: { readonly room: string };
  readonly query: { readonly n: number };
  readonly state: { readonly name: string };
  readonly user: string;
}

/** Serves a listener at `/:room`, with a query, a state and a user. */
function serveListener(listener: Listener<Socket, ListenerContext>) {
  const app = createApp({ state: { name: "the app" } });
  const query = z.object({ n: z.coerce.number() });
  app.group(() => ({ user: "Ada" })).ws("/:room", { query }, listen(listener));
  return serveApp(app);
}

test("a listener's `open` and `close` run once each, with all that a handler gets", async () => {
  covers({ case: 163, rows: [44, 51] });
  const log = new BoundedQueue<unknown>();
  const server = await serveListener({
    open: (socket, { params, query, state, user }) =>
      log.push([socket.state, params.room, query.n, state.name, user]),
    message: (message) => message,
    close: ({ code }, _, { params, user }) => log.push(["close", code, params.room, user]),
  });
  for (const code of [4001, 4002]) {
    await (await server.connect("/lobby?n=3")).close(code);
    expect(await log.pull()).toEqual(["open", "lobby", 3, "the app", "Ada"]);
    expect(await log.pull()).toEqual(["close", code, "lobby", "Ada"]);
  }
});

test("the methods of a class instance get the same, and keep `this`", async () => {
  covers({ case: 163, rows: [51] });
  const log = new BoundedQueue<unknown>();
  class ConnectionCounter implements Listener<Socket, ListenerContext> {
    #connected = 0;
    open(_: Socket, { params, query, state, user }: ListenerContext): void {
      log.push([(this.#connected += 1), params.room, query.n, state.name, user]);
    }
    message(): void {}
    close(): void {
      log.push([(this.#connected -= 1)]);
    }
  }
  const server = await serveListener(new ConnectionCounter());
  const [first, second] = [await server.connect("/lobby?n=3"), await server.connect("/lobby?n=3")];
  expect(await log.pull()).toEqual([1, "lobby", 3, "the app", "Ada"]);
  expect(await log.pull()).toEqual([2, "lobby", 3, "the app", "Ada"]);
  await first.close();
  expect(await log.pull()).toEqual([1]);
  second.terminate();
  expect(await log.pull()).toEqual([0]);
});

test("a listener's `close` runs when its `message` throws", async () => {
  covers({ rows: [51] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: () => {} });
  const message = (): never => {
    throw new Error("broken");
  };
  app.ws("/", listen({ message, close: ({ code }) => log.push(code) }));
  const client = await connectClient(app, "/");
  client.send("hello");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await log.pull()).toBe(1011);
});

test("a hook with path, query and state wraps a connection, around the listener's `open` and `close`", async () => {
  covers({ case: 164, rows: [38, 52] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ state: { name: "the app" } });
  const view = app.group(function* ({ params, query, state }) {
    log.push([params, query, state.name]);
    yield { lifespan: "the lifespan" };
    log.push("the hook ended");
  });
  view.ws(
    "/:room",
    listen({
      open: (_socket, { lifespan }) => log.push(`open in ${lifespan}`),
      message: (message) => log.push(message),
      close: () => log.push("close"),
    }),
  );
  const client = await connectClient(app, "/lobby?n=3");
  client.send("hello");
  expect(await log.pull()).toEqual([{ room: "lobby" }, { n: "3" }, "the app"]);
  expect([await log.pull(), await log.pull()]).toEqual(["open in the lifespan", "hello"]);
  await client.close();
  expect([await log.pull(), await log.pull()]).toEqual(["close", "the hook ended"]);
});

test("a method of a controller can be a listener", async () => {
  covers({ case: 166, rows: [44, 51] });
  class Chat {
    readonly #name = "the chat";
    quote(line: string): string {
      return `${this.#name} received ${line}`;
    }
    upperCase(line: string): string {
      return line.toUpperCase();
    }
  }
  const chat = new Chat();
  const app = createApp({ socket: { receive: text } });
  app.ws("/quote", listen(chat.quote.bind(chat)));
  app.ws(
    "/upper-case",
    listen((line) => chat.upperCase(line)),
  );
  const server = await serveApp(app);
  const [quote, upperCase] = [await server.connect("/quote"), await server.connect("/upper-case")];
  for (const client of [quote, upperCase]) client.send("hello");
  expect([await quote.receive(), await upperCase.receive()]).toEqual(["the chat received hello", "HELLO"]);
});
