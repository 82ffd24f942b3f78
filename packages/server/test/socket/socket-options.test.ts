import { contract, int, json, text } from "@symbolon/protocol";
import type { SocketCodecs } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { listen } from "../../src/socket/listen.ts";
import type { PendingWire } from "../../src/socket/pending-wire.ts";
import { Socket } from "../../src/socket/socket.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";
import { receiveFrame } from "../session/connect-session.ts";

class Greeting extends Socket {
  greet(name: string): void {
    this.send(`hello ${name}`);
  }
}

describe("the nearest option counts", () => {
  test("for codecs: the route's, else the view's, else the app's", async () => {
    const app = createApp({ socket: { receive: int, send: json() } });
    const view = app.with({ send: text });
    app.ws("/app", async (socket) => socket.send(await socket.receive()));
    view.ws("/view", async (socket) => socket.send(`number ${await socket.receive()}`));
    view.ws("/route", { receive: text }, async (socket) => socket.send(`text ${await socket.receive()}`));
    const net = testNetwork(app);
    for (const [path, answer] of [
      ["/app", "7"],
      ["/view", "number 7"],
      ["/route", "text 007"],
    ] as const) {
      const socket = await net.connect(path);
      socket.send("007");
      expect(await socket.receive()).toBe(answer);
    }
  });

  test("for the class of the sockets", async () => {
    const of = (name: string) =>
      class extends Socket {
        override get protocol(): string {
          return name;
        }
      };
    const app = createApp({ socket: { Socket: of("app") } });
    const view = app.with({ Socket: of("view") });
    app.ws("/app", (socket) => socket.send(socket.protocol));
    view.ws("/view", (socket) => socket.send(socket.protocol));
    view.ws("/route", { Socket: of("route") }, (socket) => socket.send(socket.protocol));
    const net = testNetwork(app);
    for (const name of ["app", "view", "route"])
      expect(await (await net.connect(`/${name}`)).receive()).toBe(name);
  });

  test("and a view with a hook keeps it", async () => {
    const app = createApp();
    const view = app.with({ Socket: Greeting }).group(() => ({ user: "ada" }));
    view.ws("/", (socket, { user }) => socket.greet(user));
    expect(await (await testNetwork(app).connect("/")).receive()).toBe("hello ada");
  });
});

test("a socket class of the app may override receive, also for a listener", async () => {
  class Fixed extends Socket {
    override async receive(): Promise<never> {
      await super.receive();
      return "fixed" as never;
    }
  }
  const app = createApp({ socket: { Socket: Fixed } });
  app.ws("/handler", async (socket) => socket.send(await socket.receive()));
  app.ws(
    "/listener",
    listen((message) => message),
  );
  const net = testNetwork(app);
  for (const path of ["/handler", "/listener"]) {
    const socket = await net.connect(path);
    socket.send("anything");
    expect(await socket.receive()).toBe("fixed");
  }
});

test("a socket class whose constructor throws is a failure like the handler's, and the hooks end", async () => {
  class Broken extends Socket {
    constructor(wire: PendingWire, codecs?: SocketCodecs) {
      super(wire, codecs);
      throw new Error("broken class");
    }
  }
  const seen: unknown[] = [];
  const app = createApp({ onError: (error) => void seen.push(error) });
  const view = app.group(function* () {
    try {
      yield;
    } finally {
      seen.push("the hook ended");
    }
  });
  view.ws("/", { Socket: Broken }, (socket) => socket.accept());
  await expect(testNetwork(app).connect("/")).rejects.toMatchObject({ response: { status: 500 } });
  expect(seen).toEqual([new Error("broken class"), "the hook ended"]);
});

test("a socket whose class has a `close` that throws closes with 1011, and the error is reported", async () => {
  class Unwilling extends Socket {
    override close(): void {
      throw new Error("no");
    }
  }
  const seen: unknown[] = [];
  const clock = new Clock();
  const app = createApp({ onError: (error) => void seen.push(error), socket: { Socket: Unwilling }, clock });
  app.ws("/ended", (socket) => socket.accept());
  app.ws("/idle", { idleTimeout: 100 }, async (socket) => {
    await socket.accept();
    await socket.closed;
  });
  app.ws("/unread", async function* (socket) {
    yield "tick";
    await socket.closed;
  });
  const net = testNetwork(app);
  const [ended, idle, unread] = [
    await net.connect("/ended"),
    await net.connect("/idle"),
    await net.connect("/unread"),
  ];
  unread.send("hello?");
  clock.advance(100);
  for (const socket of [ended, idle, unread]) expect(await socket.closed).toMatchObject({ code: 1011 });
  expect(seen).toContainEqual(new Error("no"));
});

test("the socket options do not change contracts", async () => {
  const chat = contract("/chat", { server: { posted: z.object({ text: z.string() }) } });
  const app = createApp({ socket: { receive: int, send: int, Socket: Greeting, idleTimeout: 1 } });
  app.with({ send: text }).implement(chat, (peer) => {
    peer.send("posted", { text: "hello" });
    return {};
  });
  const socket = await testNetwork(app).connect("/chat");
  expect(await receiveFrame(socket)).toEqual({ t: "event", name: "posted", data: { text: "hello" } });
});

test("an unknown option is a TypeError when the route is declared", () => {
  const options = { body: z.string() } as object;
  expect(() => createApp().ws("/", options, () => {})).toThrow(
    new TypeError(
      'there is no option "body": there are receive, send, Socket, idleTimeout, unread, maxPayload, params, query, headers, cookies',
    ),
  );
  expect(() => createApp().with(options)).toThrow(TypeError);
});

test.each([0, -1, Number.NaN])(
  "an idle timeout of %d ms is a RangeError when the route is declared",
  (idleTimeout) => {
    expect(() => createApp().ws("/", { idleTimeout }, () => {})).toThrow(RangeError);
    expect(() => createApp().with({ idleTimeout })).toThrow(RangeError);
    expect(() => createApp({ socket: { idleTimeout } })).toThrow(RangeError);
  },
);
