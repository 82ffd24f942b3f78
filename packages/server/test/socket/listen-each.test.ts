import { text } from "@symbolon/protocol";
import { expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { listen, listenEach } from "../../src/socket/listen.ts";
import { testNetwork } from "../../src/testing/index.ts";

class Counter {
  #count = 0;
  message(line: string): string {
    this.#count += 1;
    return `${line} ${this.#count}`;
  }
}

test("listenEach makes a listener for each connection, listen has one for all", async () => {
  const app = createApp();
  const each = listenEach(() => new Counter());
  app.ws("/each", { receive: text, send: text }, each);
  app.ws("/all", { receive: text, send: text }, listen(new Counter()));
  const net = testNetwork(app);
  const repliesAt = async (path: string) => {
    const [ada, bob] = [await net.connect(path), await net.connect(path)];
    const replies: unknown[] = [];
    for (const socket of [ada, ada, bob]) {
      socket.send("line");
      replies.push(await socket.receive());
    }
    return replies;
  };
  expect(await repliesAt("/each")).toEqual(["line 1", "line 2", "line 1"]);
  expect(await repliesAt("/all")).toEqual(["line 1", "line 2", "line 3"]);
});

test("the function that makes a listener reads the context, and refuses by throwing", async () => {
  const app = createApp();
  app.ws(
    "/:name",
    listenEach((_socket, { params: { name } }) => {
      if (name === "eve") throw new Response("not you", { status: 403 });
      return { message: (message) => `${name} got ${String(message)}` };
    }),
  );
  const net = testNetwork(app);
  const socket = await net.connect("/ada");
  socket.send("hello");
  expect(await socket.receive()).toBe("ada got hello");
  await expect(net.connect("/eve")).rejects.toMatchObject({ response: { status: 403 } });
});

test("a listener that is written outside of a route serves the routes that it fits", async () => {
  const echo = listen((line: string) => `got ${line}`);
  const app = createApp();
  app.ws("/text", { receive: text, send: text }, echo);
  app.ws("/any", { receive: text }, echo);
  const net = testNetwork(app);
  for (const path of ["/text", "/any"]) {
    const socket = await net.connect(path);
    socket.send("hello");
    expect(await socket.receive()).toBe("got hello");
  }
});

test("a listener whose `open` accepts with headers fails, with an error that says where they belong", async () => {
  const onError = vi.fn();
  const app = createApp({ onError });
  const net = testNetwork(app);
  app.ws(
    "/late",
    listen({
      open: (socket) => socket.accept({ headers: { "x-greeting": "hi" } }),
      message: () => "never",
    }),
  );
  app.ws(
    "/each",
    listenEach((socket) => {
      void socket.accept({ headers: { "x-greeting": "hi" } });
      return { message: (message) => message };
    }),
  );
  const late = await net.connect("/late");
  expect((await late.closed).code).toBe(1011);
  expect(String(onError.mock.calls[0]?.[0])).toMatch(
    /TypeError: the handshake is accepted already.*listen accepts before open: use listenEach, or responseHeaders/,
  );
  const each = await net.connect("/each");
  expect(each.headers.get("x-greeting")).toBe("hi");
  each.send("1");
  expect(await each.receive()).toBe("1");
});
