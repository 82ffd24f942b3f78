import { Mailbox } from "@symbolon/protocol";
import { CloseCode, CloseError, createApp } from "@symbolon/server";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { served } from "./harness.ts";

test("seeds › 86 closes with 1011 when the handler throws, and logs the error [rows 43]", async () => {
  const logged = new Mailbox<unknown>();
  vi.spyOn(console, "error").mockImplementationOnce((_, error) => logged.put(error));
  onTestFinished(() => void vi.restoreAllMocks());
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new Error("secret");
  });
  const client = await (await served(app)).open("/");
  expect(await client.closed).toEqual({ code: 1011, reason: "", wasClean: true });
  expect(await logged.take()).toEqual(new Error("secret"));
});

test("seeds › 88 answers 500 with nothing of the error when the handler throws before accept [rows 43]", async () => {
  const failures = new Mailbox<unknown>();
  const app = createApp({ onError: (error) => failures.put(error) });
  app.ws("/", () => {
    throw new Error("secret");
  });
  const refusal = await (await served(app)).refused("/");
  expect(refusal).toMatchObject({ status: 500, body: "Internal Server Error" });
  expect(await failures.take()).toEqual(new Error("secret"));
});

test("seeds › 89 closes with the code of a thrown CloseError [rows 24, 42]", async () => {
  const app = createApp();
  app.ws("/", async (socket) => {
    await socket.accept();
    throw new CloseError(CloseCode.UnsupportedData);
  });
  const client = await (await served(app)).open("/");
  expect(await client.closed).toEqual({ code: 1003, reason: "", wasClean: true });
});

test("seeds › 93 refuses invalid input with 400 before any hook runs, and tells the app of no error [rows 36, 42]", async () => {
  const log = new Mailbox<unknown>();
  const app = createApp({ onError: (error) => log.put(error) });
  const outer = app.use(() => log.put("the hook ran"));
  outer.ws("/", { query: z.object({ q: z.coerce.number() }) }, (socket, { query }) => socket.send(query.q));
  const site = await served(app);
  const { status, headers, body } = await site.refused("/?q=bar");
  expect([status, headers.get("content-type")]).toEqual([400, "application/problem+json"]);
  expect(JSON.parse(body)).toMatchObject({ issues: [{ in: "query", path: "q" }] });
  const client = await site.open("/?q=3");
  expect(await client.next()).toBe("3");
  log.put("nothing else ran");
  expect([await log.take(), await log.take()]).toEqual(["the hook ran", "nothing else ran"]);
});
