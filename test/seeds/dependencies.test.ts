import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { covers } from "./covers.ts";
import { connectClient, serveApp } from "./harness.ts";

test("a handler gets what a hook provides, and in a test what replaces the hook", async () => {
  covers({ case: 138, rows: [37, 69] });
  const signedIn = ({ token }: { token: string | undefined }) => ({ user: token ?? "no user" });
  const app = createApp();
  app.group(signedIn).ws("/", (socket, { user }) => socket.send(`hello ${user}`));
  const asAda = { headers: { authorization: "Bearer Ada" } };
  expect(await (await connectClient(app, "/", asAda)).receive()).toBe("hello Ada");
  const net = testNetwork(app, { overrides: [[signedIn, () => ({ user: "the test" })]] });
  await using socket = await net.connect("/", asAda);
  expect(await socket.receive()).toBe("hello the test");
});

test("the hooks of the app, the mount, the mounted app and the route run in that order", async () => {
  covers({ case: 139, rows: [37] });
  const ran: string[] = [];
  const inner = createApp();
  inner
    .group(() => void ran.push("mounted app"))
    .group(() => void ran.push("route"))
    .ws("/ws", (socket) => socket.send(ran));
  const app = createApp();
  app
    .group(() => void ran.push("app"))
    .group(() => void ran.push("mount"))
    .mount("/v1", inner);
  const client = await connectClient(app, "/v1/ws");
  expect(await client.receive()).toBe('["app","mount","mounted app","route"]');
});

test("a hook reads the state of the app, for HTTP and WebSockets alike", async () => {
  covers({ case: 141, rows: [37, 60] });
  const app = createApp({ state: { answer: 42 } });
  const view = app.group(({ state }) => ({ double: state.answer * 2 }));
  view.http("/", ({ double }) => Response.json(double));
  view.ws("/", (socket, { double }) => socket.send(double));
  const server = await serveApp(app);
  expect(await (await fetch(server.url)).json()).toBe(84);
  expect(await (await server.connect("/")).receive()).toBe("84");
});

test("a dependency opens before the handler and closes after the connection", async () => {
  covers({ case: 142, rows: [38, 52] });
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .group(async function* () {
      log.push("open");
      try {
        yield { database: "the database" };
      } finally {
        log.push("close");
      }
    })
    .ws("/", async (socket, { database }) => {
      await socket.send(database);
      for await (const _ of socket) log.push("message");
    });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe("the database");
  client.send("hello");
  expect([await log.pull(), await log.pull()]).toEqual(["open", "message"]);
  await client.close();
  expect(await log.pull()).toBe("close");
});

test("the app gets the handler's error when the handler uses a closed dependency", async () => {
  covers({ case: 143, rows: [38, 43] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .group(() => {
      const database = {
        open: true,
        query(): string {
          if (!this.open) throw new Error("the database is closed");
          return "rows";
        },
      };
      database.open = false;
      return { database };
    })
    .ws("/", async (socket, { database }) => {
      await socket.accept();
      await socket.send(database.query());
    });
  const client = await connectClient(app, "/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await log.pull()).toEqual(new Error("the database is closed"));
});

test("dependencies stay open until the handler ends, and close in reverse order", async () => {
  covers({ case: 144, rows: [37, 38] });
  const log = new BoundedQueue<string>();
  const app = createApp();
  const outer = app.group(function* () {
    yield { pool: "pool" };
    log.push("pool closed");
  });
  // @ts-expect-error -- a hook cannot ask for what only a narrower view provides
  app.group(({ connection }) => ({ query: String(connection) }));
  outer
    .group(function* ({ pool }) {
      yield { connection: `connection of the ${pool}` };
      log.push("connection closed");
    })
    .ws("/", async (socket, { pool, connection }) => {
      await socket.send([pool, connection]);
      log.push("handled");
    });
  const client = await connectClient(app, "/");
  expect(await client.receive()).toBe('["pool","connection of the pool"]');
  expect([await log.pull(), await log.pull(), await log.pull()]).toEqual([
    "handled",
    "connection closed",
    "pool closed",
  ]);
});

test("a dependency of a listener is evaluated once for each connection", async () => {
  covers({ case: 146, rows: [38, 44] });
  let evaluated = 0;
  const app = createApp();
  app
    .group(() => ({ connection: (evaluated += 1) }))
    .ws(
      "/",
      listen((_message, _socket, { connection }) => connection),
    );
  const server = await serveApp(app);
  for (const connection of ["1", "2"]) {
    const client = await server.connect("/");
    for (const message of ["one", "two"]) client.send(message);
    expect([await client.receive(), await client.receive()]).toEqual([connection, connection]);
  }
});

test("two parts may have dependencies of one name, but no view may replace a dependency of its parent", async () => {
  covers({ case: 147, rows: [37] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  const partNamed = (part: string) => app.group(() => ({ part }));
  partNamed("blog").ws("/blog", (socket, { part }) => socket.send(part));
  partNamed("shop").ws("/shop", (socket, { part }) => socket.send(part));
  const nearer = partNamed("app").group(
    // @ts-expect-error -- the context has a `part` already
    () => ({ part: "nearer" }),
  );
  nearer.ws("/twice", (socket) => socket.accept());
  const server = await serveApp(app);
  expect(await (await server.connect("/blog")).receive()).toBe("blog");
  expect(await (await server.connect("/shop")).receive()).toBe("shop");
  expect(await server.refused("/twice")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining('provides "part"') });
});

test("all sockets of an app share its state", async () => {
  covers({ case: 149, rows: [60] });
  const app = createApp({ state: { count: 0 } });
  app.ws("/", (socket, { state }) => socket.send({ count: (state.count += 1) }));
  const server = await serveApp(app);
  expect(await (await server.connect("/")).receive()).toBe('{"count":1}');
  expect(await (await server.connect("/")).receive()).toBe('{"count":2}');
});
