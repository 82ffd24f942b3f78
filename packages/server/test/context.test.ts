import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkParts, openContext, type OpenContext, type RouteSchemas } from "../src/context.ts";

function request(path: string, headers: HeadersInit = {}): Request {
  return new Request(new URL(path, "http://test"), { headers });
}

function opened(path: string, headers?: HeadersInit, id = "7", token?: string): OpenContext {
  const served = { params: { id }, route: "/x/:id", ...(token !== undefined && { token }) };
  return openContext(request(path, headers), served);
}

async function parsed(path: string, headers?: HeadersInit, schemas: RouteSchemas = {}, token?: string) {
  const context = opened(path, headers, "7", token);
  const refusal = await checkParts(context, schemas);
  if (refusal !== undefined) throw new Error(await refusal.text());
  return context;
}

async function refused(path: string, headers: HeadersInit, schemas: RouteSchemas) {
  const response = await checkParts(opened(path, headers, "seven"), schemas);
  if (response === undefined) throw new Error("expected a refusal");
  return response;
}

describe("without schemas", () => {
  test("params, headers and the request are as they came", async () => {
    const { params, headers, request } = await parsed("/x", { "x-color": "blue" });
    expect(params).toEqual({ id: "7" });
    expect((headers as Headers).get("x-color")).toBe("blue");
    expect(request.url).toBe("http://test/x");
  });

  test("a repeated name in the query gives an array", async () => {
    const { query } = await parsed("/x?a=1&b=2&a=3&c=");
    expect(query).toEqual({ a: ["1", "3"], b: "2", c: "" });
  });

  test("a query named like a part of every object changes no prototype", async () => {
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
  test("is the Bearer token, whatever its case", async () => {
    expect((await parsed("/x", { authorization: "bearer abc" })).token).toBe("abc");
  });

  test("is not that of another scheme", async () => {
    expect((await parsed("/x", { authorization: "Basic abc" })).token).toBeUndefined();
  });

  test("and Basic credentials exclude each other", async () => {
    const authorization = `Basic ${Buffer.from("u:p").toString("base64")}`;
    const { token, credentials } = await parsed("/x", { authorization });
    expect([token, credentials]).toEqual([undefined, { username: "u", password: "p" }]);
    expect((await parsed("/x", { authorization: "Bearer abc" })).credentials).toBeUndefined();
  });

  test("of the hello wins over the header", async () => {
    expect((await parsed("/x", { authorization: "Bearer old" }, {}, "new")).token).toBe("new");
  });
});

describe("with schemas", () => {
  test("each part is what its schema makes of it", async () => {
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

  test("what does not fit is a 400 whose problem lists the issues of every part", async () => {
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

  test("a schema that breaks is not the client's fault: it rejects", async () => {
    const broken = z.string().transform(() => {
      throw new Error("broken schema");
    });
    await expect(parsed("/x?a=1", {}, { query: z.object({ a: broken }) })).rejects.toThrow("broken schema");
  });
});
