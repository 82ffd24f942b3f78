import { contract, request, stream, text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { describeApp } from "@symbolon/server/describe";
import { expect, test } from "vitest";
import { z } from "zod";
import { writePageData } from "../../src/page/write-page-data.ts";

test("an app without routes has a page without routes", () => {
  expect(writePageData(describeApp(createApp()), {})).toEqual({
    title: "WebSocket API",
    httpPaths: [],
    routes: [],
    schemas: {},
  });
});

test("a contract has its messages in both directions, with what their senders write", () => {
  const desk = contract("/desk/:team/*rest", {
    params: z.object({ team: z.enum(["a", "b"]), rest: z.string() }),
    query: z.object({ page: z.coerce.number<string>().optional() }),
    client: {
      note: z.string().optional(),
      sum: request({ input: z.array(z.number()), output: z.number(), errors: { EMPTY: z.null() } }),
      total: stream({ input: z.null(), output: z.number(), upload: z.int() }),
    },
    server: { noted: z.string() },
    presence: { data: z.object({ mood: z.string() }), by: "connection" },
  });
  const app = createApp();
  const signedIn = () => {};
  app.group(signedIn).implement(desk, () => ({ note: () => {}, sum: () => 0, total: () => [] }));
  app.http("/docs", () => new Response());
  const scheme = { type: "http", scheme: "bearer" };
  const security = { bearer: { scheme, hooks: [signedIn] } };
  const data = writePageData(describeApp(app), {
    title: "Desk",
    version: "1",
    description: "A desk.",
    security,
  });
  const required = (schema: object) => ({ schema, optional: false });
  const integer = expect.objectContaining({ type: "integer" }) as object;
  expect(data).toEqual({
    title: "Desk",
    version: "1",
    description: "A desk.",
    httpPaths: ["/docs"],
    routes: [
      {
        kind: "contract",
        key: "desk.team.*rest".replace("*", ""),
        path: "/desk/:team/*rest",
        parameters: [
          { name: "team", optional: false, rest: false, schema: { type: "string", enum: ["a", "b"] } },
          { name: "rest", optional: false, rest: true, schema: { type: "string" } },
        ],
        query: expect.objectContaining({ properties: { page: expect.anything() } }),
        security: [{ name: "bearer", scheme }],
        maxPayload: 65_536,
        messages: [
          {
            key: "client.note",
            name: "note",
            from: "client",
            kind: "event",
            data: { schema: { type: "string" }, optional: true },
            errors: [],
          },
          {
            key: "client.sum",
            name: "sum",
            from: "client",
            kind: "request",
            data: required({ type: "array", items: { type: "number" } }),
            output: required({ type: "number" }),
            errors: [{ code: "EMPTY", data: required({ type: "null" }) }],
          },
          {
            key: "client.total",
            name: "total",
            from: "client",
            kind: "stream",
            data: required({ type: "null" }),
            output: required({ type: "number" }),
            upload: required(integer),
            errors: [],
          },
          {
            key: "server.noted",
            name: "noted",
            from: "server",
            kind: "event",
            data: required({ type: "string" }),
            errors: [],
          },
        ],
        presence: {
          by: "connection",
          data: { type: "object", properties: { mood: { type: "string" } }, required: ["mood"] },
        },
      },
    ],
    schemas: {},
  });
});

test("a raw route has its codecs and its idle timeout", () => {
  const app = createApp();
  app.ws("/echo", { receive: text, idleTimeout: 5_000 }, () => {});
  const [route] = writePageData(describeApp(app), {}).routes;
  expect(route).toMatchObject({
    kind: "socket",
    key: "echo",
    receive: { contentType: "text/plain", schema: { type: "string" } },
    send: { contentType: "application/octet-stream", schema: { "x-symbolon-unknown": true } },
    idleTimeout: 5_000,
  });
});

test("a schema that contains itself is one of the schemas of the page", () => {
  const node: z.ZodType = z.lazy(() => z.object({ inner: z.array(node) }));
  const app = createApp();
  app.implement(contract("/tree", { client: { grow: node }, server: {} }), () => ({ grow: () => {} }));
  const { routes, schemas } = writePageData(describeApp(app), {});
  expect(routes).toMatchObject([
    { messages: [{ data: { schema: { $ref: "#/components/schemas/tree.client.grow" } } }] },
  ]);
  expect(Object.keys(schemas)).toEqual(["tree.client.grow"]);
});
