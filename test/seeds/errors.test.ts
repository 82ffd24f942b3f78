import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseCode, CloseError, createApp } from "@symbolon/server";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { serveApp } from "./harness.ts";

test("seeds › 86 closes with 1011 when the handler throws, and logs the error [rows 43]", async () => {
  const logged = new BoundedQueue<unknown>();
  vi.spyOn(console, "error").mockImplementationOnce((_, error) => logged.push(error));
  onTestFinished(() => void vi.restoreAllMocks());
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new Error("secret");
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 1011, reason: "", wasClean: true });
  expect(await logged.pull()).toEqual(new Error("secret"));
});

test("seeds › 88 answers 500 with nothing of the error when the handler throws before accept [rows 43]", async () => {
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", () => {
    throw new Error("secret");
  });
  const refusal = await (await serveApp(app)).refused("/");
  expect(refusal).toMatchObject({ status: 500, body: "Internal Server Error" });
  expect(await failures.pull()).toEqual(new Error("secret"));
});

test("seeds › 89 closes with the code of a thrown CloseError [rows 24, 42]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new CloseError(CloseCode.UnsupportedData);
  });
  const client = await (await serveApp(app)).open("/");
  expect(await client.closed).toEqual({ code: 1003, reason: "", wasClean: true });
});

test("seeds › 91 answers an error of the app's own, wherever it is thrown, with the close it is given [rows 42]", async () => {
  class Full extends Error {}
  const app = createApp({
    onError: (error) => (error instanceof Full ? { code: 1002, reason: "foo" } : undefined),
  });
  const full = (): never => {
    throw new Full();
  };
  app.ws("/handler", full);
  app.use(full).ws("/hook", (socket) => socket.accept());
  app.ws("/open", async (socket) => {
    await socket.accept();
    full();
  });
  const site = await serveApp(app);
  for (const path of ["/handler", "/hook"])
    expect(await site.refused(path)).toMatchObject({ status: 403, body: '{"code":1002,"reason":"foo"}' });
  const client = await site.open("/open");
  expect(await client.closed).toEqual({ code: 1002, reason: "foo", wasClean: true });
});

test("seeds › 92 carries the text of any error to the client when the app says so [rows 42]", async () => {
  const app = createApp({
    onError: (error, { phase }) =>
      phase === "handshake"
        ? new Response(String(error), { status: 502 })
        : { code: 4000, reason: String(error) },
  });
  app.ws("/refused", () => {
    throw new Error("no database");
  });
  app.ws("/open", async (socket) => {
    await socket.accept();
    throw new Error("lost the database");
  });
  const site = await serveApp(app);
  expect(await site.refused("/refused")).toMatchObject({ status: 502, body: "Error: no database" });
  const client = await site.open("/open");
  expect(await client.closed).toMatchObject({ code: 4000, reason: "Error: lost the database" });
});

test("seeds › 93 refuses invalid input with 400 before any hook runs, and tells the app of no error [rows 36, 42]", async () => {
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  const outer = app.use(() => log.push("the hook ran"));
  outer.ws("/", { query: z.object({ q: z.coerce.number() }) }, (socket, { query }) => socket.send(query.q));
  const site = await serveApp(app);
  const { status, headers, body } = await site.refused("/?q=bar");
  expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
  expect(JSON.parse(body)).toMatchObject({ issues: [{ in: "query", path: "q" }] });
  const client = await site.open("/?q=3");
  expect(await client.next()).toBe("3");
  log.push("nothing else ran");
  expect([await log.pull(), await log.pull()]).toEqual(["the hook ran", "nothing else ran"]);
});

test("seeds › 94 names the endpoint when input to a mounted app is invalid [rows 36, 63]", async () => {
  const inner = createApp();
  inner.ws("/items/:id", { params: z.object({ id: z.coerce.number() }) }, (socket) => socket.accept());
  const app = createApp();
  app.mount("/v1", inner);
  const { status, body } = await (await serveApp(app)).refused("/v1/items/x");
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({
    instance: "/v1/items/x",
    issues: [{ in: "params", path: "id" }],
  });
});
