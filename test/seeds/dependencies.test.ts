import { BoundedQueue } from "@symbolon/protocol/internal";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { expect, test } from "vitest";
import { serveApp } from "./harness.ts";

test("seeds › 138 gives a handler what a hook provides, and in a test what stands in for it [rows 37, 69]", async () => {
  const signedIn = ({ token }: { token: string | undefined }) => ({ user: token ?? "nobody" });
  const app = createApp();
  app.use(signedIn).ws("/", (socket, { user }) => socket.send(`hello ${user}`));
  const ada = { headers: { authorization: "Bearer Ada" } };
  expect(await (await (await serveApp(app)).open("/", ada)).next()).toBe("hello Ada");
  const net = testNetwork(app, { overrides: [[signedIn, () => ({ user: "the test" })]] });
  await using socket = await net.connect("/", ada);
  expect(await socket.receive()).toBe("hello the test");
});

test("seeds › 139 runs what is asked for by the app, the mount, the mounted app and the route, in that order [rows 37]", async () => {
  const ran: string[] = [];
  const inner = createApp();
  inner
    .use(() => void ran.push("mounted app"))
    .use(() => void ran.push("route"))
    .ws("/ws", (socket) => socket.send(ran));
  const app = createApp();
  app
    .use(() => void ran.push("app"))
    .use(() => void ran.push("mount"))
    .mount("/v1", inner);
  const client = await (await serveApp(app)).open("/v1/ws");
  expect(await client.next()).toBe('["app","mount","mounted app","route"]');
});

test("seeds › 141 reads the app's state in one hook for HTTP and WebSockets [rows 37, 60]", async () => {
  const app = createApp({ state: { answer: 42 } });
  const view = app.use(({ state }) => ({ double: state.answer * 2 }));
  view.http("/", ({ double }) => Response.json(double));
  view.ws("/", (socket, { double }) => socket.send(double));
  const site = await serveApp(app);
  expect(await (await fetch(site.url)).json()).toBe(84);
  expect(await (await site.open("/")).next()).toBe("84");
});

test("seeds › 142 opens a dependency before the handler and closes it after the connection [rows 38, 52]", async () => {
  const log = new BoundedQueue<string>();
  const app = createApp();
  app
    .use(async function* () {
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
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe("the database");
  client.send("still there?");
  expect([await log.pull(), await log.pull()]).toEqual(["open", "message"]);
  await client.close();
  expect(await log.pull()).toBe("close");
});

test("seeds › 143 lets the handler's error out when it uses what is closed already [rows 38, 43]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  app
    .use(() => {
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
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await log.pull()).toEqual(new Error("the database is closed"));
});

test("seeds › 144 keeps every dependency open for the handler, and ends them in reverse [rows 37, 38]", async () => {
  const log = new BoundedQueue<string>();
  const app = createApp();
  const outer = app.use(function* () {
    yield { pool: "pool" };
    log.push("pool closed");
  });
  // @ts-expect-error -- a hook cannot ask for what only a narrower view provides
  app.use(({ connection }) => ({ query: String(connection) }));
  outer
    .use(function* ({ pool }) {
      yield { connection: `connection of the ${pool}` };
      log.push("connection closed");
    })
    .ws("/", async (socket, { pool, connection }) => {
      await socket.send([pool, connection]);
      log.push("handled");
    });
  const client = await (await serveApp(app)).open("/");
  expect(await client.next()).toBe('["pool","connection of the pool"]');
  expect([await log.pull(), await log.pull(), await log.pull()]).toEqual([
    "handled",
    "connection closed",
    "pool closed",
  ]);
});

test("seeds › 146 evaluates a dependency of a listener once for each connection [rows 38, 44]", async () => {
  let evaluated = 0;
  const app = createApp();
  app
    .use(() => ({ connection: (evaluated += 1) }))
    .ws(
      "/",
      listen((_message, _socket, { connection }) => connection),
    );
  const site = await serveApp(app);
  for (const connection of ["1", "2"]) {
    const client = await site.open("/");
    for (const message of ["one", "two"]) client.send(message);
    expect([await client.next(), await client.next()]).toEqual([connection, connection]);
  }
});

test("seeds › 147 gives each part its own dependency of a name, and takes another below it for a mistake [rows 37]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  const of = (part: string) => app.use(() => ({ part }));
  of("blog").ws("/blog", (socket, { part }) => socket.send(part));
  of("shop").ws("/shop", (socket, { part }) => socket.send(part));
  const nearer = of("app").use(
    // @ts-expect-error -- the context has a `part` already
    () => ({ part: "nearer" }),
  );
  nearer.ws("/twice", (socket) => socket.accept());
  const site = await serveApp(app);
  expect(await (await site.open("/blog")).next()).toBe("blog");
  expect(await (await site.open("/shop")).next()).toBe("shop");
  expect(await site.refused("/twice")).toMatchObject({ status: 500 });
  expect(await failures.pull()).toMatchObject({ message: expect.stringContaining('provides "part"') });
});

test("seeds › 149 shares the app's state among its sockets [rows 60]", async () => {
  const app = createApp({ state: { count: 0 } });
  app.ws("/", (socket, { state }) => socket.send({ count: (state.count += 1) }));
  const site = await serveApp(app);
  expect(await (await site.open("/")).next()).toBe('{"count":1}');
  expect(await (await site.open("/")).next()).toBe('{"count":2}');
});
