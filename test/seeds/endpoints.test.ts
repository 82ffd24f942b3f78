import { BoundedQueue } from "@symbolon/protocol/internal";
import { bytes, json, text } from "@symbolon/protocol";
import { createApp, listen, listenEach, type Listener, type Socket } from "@symbolon/server";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveApp, utf8 } from "./harness.ts";

/** Says back what it hears. */
class Echo<Value> {
  message(value: Value): Value {
    return value;
  }
}

test("seeds › 152 speaks text, bytes or JSON by a class; ignores the other kind, and closes with 1003 for bad JSON [rows 48, 51]", async () => {
  const app = createApp({ onError: () => {} });
  app.ws("/text", { receive: text, send: text }, listen(new Echo<string>()));
  app.ws("/bytes", { receive: bytes, send: bytes }, listen(new Echo<Uint8Array>()));
  app.ws("/json", { receive: json(), send: json() }, listen(new Echo<unknown>()));
  const site = await serveApp(app);
  const clients = [await site.open("/text"), await site.open("/bytes"), await site.open("/json")] as const;
  const [ofText, ofBytes, ofJson] = clients;
  for (const message of [utf8("wrong"), "right"]) ofText.send(message);
  expect(await ofText.next()).toBe("right");
  for (const message of ["wrong", utf8("right")]) ofBytes.send(message);
  expect(await ofBytes.next()).toEqual(utf8("right"));
  for (const message of ['{"a":1}', "{bad"]) ofJson.send(message);
  expect(await ofJson.next()).toBe('{"a":1}');
  expect(await ofJson.closed).toMatchObject({ code: 1003 });
});

test("seeds › 153 takes JSON from a binary message too [rows 13, 51]", async () => {
  const app = createApp();
  app.ws("/", { receive: json() }, listen(new Echo<unknown>()));
  const client = await (await serveApp(app)).open("/");
  client.send(utf8('{"hello":"world"}'));
  expect(await client.next()).toBe('{"hello":"world"}');
});

test("seeds › 154 hears both kinds as they come when it names no codec [rows 14, 51]", async () => {
  const app = createApp();
  app.ws("/", listen(new Echo<string | Uint8Array>()));
  const client = await (await serveApp(app)).open("/");
  for (const message of ["text", utf8("bytes")]) client.send(message);
  expect([await client.next(), await client.next()]).toEqual(["text", utf8("bytes")]);
});

test("seeds › row 51 makes an instance for each connection", async () => {
  class Counter {
    #count = 0;
    message(line: string): string {
      this.#count += 1;
      return `${line} ${this.#count}`;
    }
  }
  const app = createApp();
  const counting = listenEach(() => new Counter());
  app.ws("/", { receive: text, send: text }, counting);
  const site = await serveApp(app);
  for (const client of [await site.open("/"), await site.open("/")]) {
    for (const message of ["a", "b"]) client.send(message);
    expect([await client.next(), await client.next()]).toEqual(["a 1", "b 2"]);
  }
});

test("seeds › 162 accepts with headers: by an accept of its own, or by a hook [rows 7, 44]", async () => {
  const headers = { "x-greeting": "welcome" };
  const echo = listen<Socket, unknown>(new Echo());
  const app = createApp();
  app.ws("/own", async (socket, context) => {
    await socket.accept({ headers });
    await echo(socket, context);
  });
  app.use(({ responseHeaders: answer }) => answer.set("x-greeting", "welcome")).ws("/hook", echo);
  const site = await serveApp(app);
  for (const path of ["/own", "/hook"]) {
    const client = await site.open(path);
    expect(client.headers.get("x-greeting")).toBe("welcome");
    client.send("hello");
    expect(await client.next()).toBe("hello");
  }
});

/** What a listener below may read. */
interface Visit {
  readonly params: { readonly room: string };
  readonly query: { readonly n: number };
  readonly state: { readonly name: string };
  readonly user: string;
}

function visits(listener: Listener<Socket, Visit>) {
  const app = createApp({ state: { name: "the app" } });
  const query = z.object({ n: z.coerce.number() });
  app.use(() => ({ user: "Ada" })).ws("/:room", { query }, listen(listener));
  return serveApp(app);
}

test("seeds › 163 tells a listener of the start and the end, once each, with all that a handler has [rows 44, 51]", async () => {
  const log = new BoundedQueue<unknown>();
  const site = await visits({
    open: (socket, { params, query, state, user }) =>
      log.push([socket.state, params.room, query.n, state.name, user]),
    message: (message) => message,
    close: ({ code }, _, { params, user }) => log.push(["close", code, params.room, user]),
  });
  for (const code of [4001, 4002]) {
    await (await site.open("/lobby?n=3")).close(code);
    expect(await log.pull()).toEqual(["open", "lobby", 3, "the app", "Ada"]);
    expect(await log.pull()).toEqual(["close", code, "lobby", "Ada"]);
  }
});

test("seeds › 163 tells an instance of a class the same, and `this` is kept [rows 51]", async () => {
  const log = new BoundedQueue<unknown>();
  class Visitors implements Listener<Socket, Visit> {
    #now = 0;
    open(_: Socket, { params, query, state, user }: Visit): void {
      log.push([(this.#now += 1), params.room, query.n, state.name, user]);
    }
    message(): void {}
    close(): void {
      log.push([(this.#now -= 1)]);
    }
  }
  const site = await visits(new Visitors());
  const [first, second] = [await site.open("/lobby?n=3"), await site.open("/lobby?n=3")];
  expect(await log.pull()).toEqual([1, "lobby", 3, "the app", "Ada"]);
  expect(await log.pull()).toEqual([2, "lobby", 3, "the app", "Ada"]);
  await first.close();
  expect(await log.pull()).toEqual([1]);
  second.cut();
  expect(await log.pull()).toEqual([0]);
});

test("seeds › row 51 tells a listener of its end when it crashes", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: () => {} });
  const message = (): never => {
    throw new Error("broken");
  };
  app.ws("/", listen({ message, close: ({ code }) => log.push(code) }));
  const client = await (await serveApp(app)).open("/");
  client.send("hello");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await log.pull()).toBe(1011);
});

test("seeds › 164 wraps a connection in a hook that has path, query and state, around the listener's own start and end [rows 38, 52]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ state: { name: "the app" } });
  const view = app.use(function* ({ params, query, state }) {
    log.push([params, query, state.name]);
    yield { lifespan: "the lifespan" };
    log.push("left");
  });
  view.ws(
    "/:room",
    listen({
      open: (_socket, { lifespan }) => log.push(`open in ${lifespan}`),
      message: (message) => log.push(message),
      close: () => log.push("close"),
    }),
  );
  const client = await (await serveApp(app)).open("/lobby?n=3");
  client.send("hello");
  expect(await log.pull()).toEqual([{ room: "lobby" }, { n: "3" }, "the app"]);
  expect([await log.pull(), await log.pull()]).toEqual(["open in the lifespan", "hello"]);
  await client.close();
  expect([await log.pull(), await log.pull()]).toEqual(["close", "left"]);
});

test("seeds › 166 takes a method of a controller for a listener [rows 44, 51]", async () => {
  class Chat {
    readonly #name = "the chat";
    hear(line: string): string {
      return `${this.#name} heard ${line}`;
    }
    shout(line: string): string {
      return line.toUpperCase();
    }
  }
  const chat = new Chat();
  const app = createApp({ socket: { receive: text } });
  app.ws("/hear", listen(chat.hear.bind(chat)));
  app.ws(
    "/shout",
    listen((line) => chat.shout(line)),
  );
  const site = await serveApp(app);
  const [hear, shout] = [await site.open("/hear"), await site.open("/shout")];
  for (const client of [hear, shout]) client.send("hello");
  expect([await hear.next(), await shout.next()]).toEqual(["the chat heard hello", "HELLO"]);
});
