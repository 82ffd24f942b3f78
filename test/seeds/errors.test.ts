import { BoundedQueue } from "@symbolon/protocol/internal";
import { CloseCode, CloseError, createApp } from "@symbolon/server";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { covers } from "./covers.ts";
import { connectClient, refusalOf, serveApp } from "./harness.ts";

test("the server closes with 1011 when the handler throws, and logs the error", async () => {
  covers({ case: 86, rows: [43] });
  const logged = new BoundedQueue<unknown>();
  vi.spyOn(console, "error").mockImplementationOnce((_, error) => logged.push(error));
  onTestFinished(() => void vi.restoreAllMocks());
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new Error("secret");
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 1011, reason: "", wasClean: true });
  expect(await logged.pull()).toEqual(new Error("secret"));
});

test("the server answers 500 without details when the handler throws before accept", async () => {
  covers({ case: 88, rows: [43] });
  const failures = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => failures.push(error) });
  app.ws("/", () => {
    throw new Error("secret");
  });
  const refusal = await refusalOf(app, "/");
  expect(refusal).toMatchObject({ status: 500, body: "Internal Server Error" });
  expect(await failures.pull()).toEqual(new Error("secret"));
});

test("the server closes with the code of a thrown CloseError", async () => {
  covers({ case: 89, rows: [24, 42] });
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new CloseError(CloseCode.UnsupportedData);
  });
  const client = await connectClient(app, "/");
  expect(await client.closed).toEqual({ code: 1003, reason: "", wasClean: true });
});

test("`onError` chooses the close for an error of the app, wherever it was thrown", async () => {
  covers({ case: 91, rows: [42] });
  class Full extends Error {}
  const app = createApp({
    onError: (error) => (error instanceof Full ? { code: 1002, reason: "foo" } : undefined),
  });
  const full = (): never => {
    throw new Full();
  };
  app.ws("/handler", full);
  app.group(full).ws("/hook", (socket) => socket.accept());
  app.ws("/open", async (socket) => {
    await socket.accept();
    full();
  });
  const server = await serveApp(app);
  for (const path of ["/handler", "/hook"])
    expect(await server.refused(path)).toMatchObject({ status: 403, body: '{"code":1002,"reason":"foo"}' });
  const client = await server.connect("/open");
  expect(await client.closed).toEqual({ code: 1002, reason: "foo", wasClean: true });
});

test("`onError` may send the text of an error to the client", async () => {
  covers({ case: 92, rows: [42] });
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
    throw new Error("the database closed");
  });
  const server = await serveApp(app);
  expect(await server.refused("/refused")).toMatchObject({ status: 502, body: "Error: no database" });
  const client = await server.connect("/open");
  expect(await client.closed).toMatchObject({ code: 4000, reason: "Error: the database closed" });
});

test("the server refuses invalid input with 400 before any hook runs, and reports the refusal alone", async () => {
  covers({ case: 93, rows: [36, 42] });
  const log = new BoundedQueue<unknown>();
  const app = createApp({ onError: (error) => log.push(error) });
  const outer = app.group(() => log.push("the hook ran"));
  outer.ws("/", { query: z.object({ q: z.coerce.number() }) }, (socket, { query }) => socket.send(query.q));
  const server = await serveApp(app);
  const { status, headers, body } = await server.refused("/?q=bar");
  expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
  expect(JSON.parse(body)).toMatchObject({ issues: [{ in: "query", path: "q" }] });
  const client = await server.connect("/?q=3");
  expect(await client.receive()).toBe("3");
  log.push("nothing else ran");
  const refusal = expect.objectContaining({ kind: "schema", status: 400 });
  expect([await log.pull(), await log.pull(), await log.pull()]).toEqual([
    refusal,
    "the hook ran",
    "nothing else ran",
  ]);
});

test("the refusal names the endpoint when input to a mounted app is invalid", async () => {
  covers({ case: 94, rows: [36, 63] });
  const inner = createApp();
  inner.ws("/items/:id", { params: z.object({ id: z.coerce.number() }) }, (socket) => socket.accept());
  const app = createApp();
  app.mount("/v1", inner);
  const { status, body } = await refusalOf(app, "/v1/items/x");
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({
    instance: "/v1/items/x",
    issues: [{ in: "params", path: "id" }],
  });
});
