import { Mailbox } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { expect, test } from "vitest";
import { served } from "./harness.ts";

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
  const client = await (await served(app)).open("/v1/ws");
  expect(await client.next()).toBe('["app","mount","mounted app","route"]');
});

test("seeds › 142 opens a dependency before the handler and closes it after the connection [rows 38, 52]", async () => {
  const log = new Mailbox<string>();
  const app = createApp();
  app
    .use(async function* () {
      log.put("open");
      try {
        yield { database: "the database" };
      } finally {
        log.put("close");
      }
    })
    .ws("/", async (socket, { database }) => {
      await socket.send(database);
      for await (const _ of socket) log.put("message");
    });
  const client = await (await served(app)).open("/");
  expect(await client.next()).toBe("the database");
  client.send("still there?");
  expect([await log.take(), await log.take()]).toEqual(["open", "message"]);
  await client.close();
  expect(await log.take()).toBe("close");
});

test("seeds › 143 lets the handler's error out when it uses what is closed already [rows 38, 43]", async () => {
  const log = new Mailbox<unknown>();
  const app = createApp({ onError: (error) => log.put(error) });
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
  const client = await (await served(app)).open("/");
  expect(await client.closed).toMatchObject({ code: 1011 });
  expect(await log.take()).toEqual(new Error("the database is closed"));
});

test("seeds › 144 keeps every dependency open for the handler, and ends them in reverse [rows 37, 38]", async () => {
  const log = new Mailbox<string>();
  const app = createApp();
  const outer = app.use(function* () {
    yield { pool: "pool" };
    log.put("pool closed");
  });
  // @ts-expect-error -- a hook cannot ask for what only a narrower view provides
  app.use(({ connection }) => ({ query: String(connection) }));
  outer
    .use(function* ({ pool }) {
      yield { connection: `connection of the ${pool}` };
      log.put("connection closed");
    })
    .ws("/", async (socket, { pool, connection }) => {
      await socket.send([pool, connection]);
      log.put("handled");
    });
  const client = await (await served(app)).open("/");
  expect(await client.next()).toBe('["pool","connection of the pool"]');
  expect([await log.take(), await log.take(), await log.take()]).toEqual([
    "handled",
    "connection closed",
    "pool closed",
  ]);
});
