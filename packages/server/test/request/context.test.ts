import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contract } from "@symbolon/protocol";
import { createApp } from "../../src/app/app.ts";
import {
  createContext,
  type MutableContext,
  validateParts,
  type RouteSchemas,
} from "../../src/request/context.ts";
import { parseRequest } from "../../src/request/parsed-request.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { gate } from "../gate.ts";

function request(path: string, headers: HeadersInit = {}): Request {
  return new Request(new URL(path, "http://test"), { headers });
}

function contextOf(path: string, headers?: HeadersInit, id = "7", token?: string): MutableContext {
  const target = { params: { id }, route: "/x/:id", ...(token !== undefined && { token }) };
  return createContext(parseRequest(request(path, headers)), target);
}

async function parsed(path: string, headers?: HeadersInit, schemas: RouteSchemas = {}, token?: string) {
  const context = contextOf(path, headers, "7", token);
  const parts = await validateParts(context, new URL(path, "http://test"), schemas);
  if (parts instanceof Response) throw new Error(await parts.text());
  return { ...context, ...parts };
}

async function refused(path: string, headers: HeadersInit, schemas: RouteSchemas) {
  const response = await validateParts(
    contextOf(path, headers, "seven"),
    new URL(path, "http://test"),
    schemas,
  );
  if (response instanceof Response) return response;
  throw new Error("expected a refusal");
}

describe("without schemas", () => {
  test("params, headers and the request are as they arrived", async () => {
    const { params, headers, request } = await parsed("/x", { "x-color": "blue" });
    expect(params).toEqual({ id: "7" });
    expect((headers as Headers).get("x-color")).toBe("blue");
    expect(request.url).toBe("http://test/x");
  });

  test("a repeated name in the query gives an array", async () => {
    const { query } = await parsed("/x?a=1&b=2&a=3&c=");
    expect(query).toEqual({ a: ["1", "3"], b: "2", c: "" });
  });

  test("a query name that every object has changes no prototype", async () => {
    const { query } = await parsed("/x?__proto__=evil&constructor=x");
    expect(Object.keys(query as object)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(query)).toBe(Object.prototype);
    expect(({} as { evil?: unknown }).evil).toBeUndefined();
  });

  test("cookies are unquoted and decoded, in their order, and the first of a repeated name counts", async () => {
    const { cookies } = await parsed("/x", {
      cookie: 'a=1; b="two"; c=%C3%A9; d=%zz; a=2; bare; =no; e=f=g',
    });
    expect(Object.entries(cookies as object)).toEqual([
      ["a", "1"],
      ["b", "two"],
      ["c", "é"],
      ["d", "%zz"],
      ["e", "f=g"],
    ]);
  });
});

describe("the token", () => {
  test("is the Bearer token, in any case", async () => {
    expect((await parsed("/x", { authorization: "bearer abc" })).token).toBe("abc");
  });

  test("is not read from another scheme", async () => {
    expect((await parsed("/x", { authorization: "Basic abc" })).token).toBeUndefined();
  });

  test("and Basic credentials exclude each other", async () => {
    const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
    const { token, credentials } = await parsed("/x", { authorization });
    expect([token, credentials]).toEqual([undefined, { username: "u", password: "p" }]);
    expect((await parsed("/x", { authorization: "Bearer abc" })).credentials).toBeUndefined();
  });

  test("of `hello` replaces the one of the header", async () => {
    expect((await parsed("/x", { authorization: "Bearer old" }, {}, "new")).token).toBe("new");
  });
});

describe("with schemas", () => {
  test("each part is the output of its schema", async () => {
    const context = await parsed(
      "/x?since=3",
      { "x-n": "4", cookie: "c=5" },
      {
        params: z.object({ id: z.coerce.number() }),
        query: z.object({ since: z.coerce.number() }),
        headers: z.object({ "x-n": z.coerce.number() }),
        cookies: z.object({ c: z.coerce.number() }),
      },
    );
    const { params, query, headers, cookies } = context;
    expect({ params, query, headers, cookies }).toEqual({
      params: { id: 7 },
      query: { since: 3 },
      headers: { "x-n": 4 },
      cookies: { c: 5 },
    });
  });

  test("an invalid request is a 400 whose problem lists the issues of every part", async () => {
    const response = await refused(
      "/x?at=1",
      { cookie: "theme=pink" },
      {
        params: z.object({ id: z.coerce.number("no number") }),
        query: z.object({ filter: z.string("no filter") }),
        cookies: z.object({ theme: z.enum(["dark", "light"], "no theme") }),
      },
    );
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      title: "Invalid input",
      status: 400,
      instance: "/x",
      detail: "no number; no filter; no theme",
      issues: [
        { in: "params", path: "id", message: "no number" },
        { in: "query", path: "filter", message: "no filter" },
        { in: "cookies", path: "theme", message: "no theme" },
      ],
    });
  });

  test("a schema that throws is not the client's mistake: it rejects", async () => {
    const broken = z.string().transform(() => {
      throw new Error("broken schema");
    });
    await expect(parsed("/x?a=1", {}, { query: z.object({ a: broken }) })).rejects.toThrow("broken schema");
  });
});

test("hooks read the request as it arrived, to their end, and handlers as the schemas read it", async () => {
  const seen: unknown[] = [];
  const ended = gate();
  const app = createApp();
  const view = app.group(function* (context) {
    const { params, query, cookies } = context;
    seen.push({ params, query, cookies, color: context.headers.get("x-color") });
    yield { page: Number(query["page"]) };
    seen.push(context.query === query);
    ended.open();
  });
  const schemas = {
    params: z.object({ id: z.coerce.number() }),
    query: z.object({ page: z.coerce.number() }),
    headers: z.object({ "x-color": z.string().length(4) }),
    cookies: z.object({ theme: z.string().transform((theme) => [theme]) }),
  };
  view.ws("/raw/:id", schemas, (socket, { params, query, headers, cookies, page }) => {
    seen.push({ params, query, headers, cookies, page });
    return socket.accept();
  });
  const { params, query } = schemas;
  const chat = contract("/chat/:id", { params, query, client: {}, server: {} });
  view.implement(chat, (_peer, context) => {
    seen.push({ params: context.params, query: context.query, page: context.page });
    return {};
  });
  const net = testNetwork(app);
  const options = { headers: { "x-color": "blue" }, cookies: { theme: "dark" } };
  await net.connect("/raw/7?page=3", options);
  await ended.passed;
  const arrived = { params: { id: "7" }, query: { page: "3" }, cookies: { theme: "dark" }, color: "blue" };
  const parsed = { params: { id: 7 }, query: { page: 3 }, page: 3 };
  const more = { headers: { "x-color": "blue" }, cookies: { theme: ["dark"] } };
  expect(seen.splice(0)).toEqual([arrived, { ...parsed, ...more }, true]);
  (await net.connect("/chat/7?page=3", options)).close();
  expect(seen).toEqual([arrived, parsed]);
});
