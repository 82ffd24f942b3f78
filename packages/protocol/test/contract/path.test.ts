import { describe, expect, test } from "vitest";
import { checkPath, fillPath, href } from "../../src/contract/path.ts";

describe("filling", () => {
  test("parameters are percent-encoded, and the slashes of a rest parameter stay", () => {
    expect(href("/chat/:room", { room: "a b/ü?#" })).toBe("/chat/a%20b%2F%C3%BC%3F%23");
    expect(href("/files/*rest", { rest: "a b/c?" })).toBe("/files/a%20b/c%3F");
    expect(fillPath("/:n/:yes", { n: 0, yes: false })).toBe("/0/false");
  });

  test("a literal segment is encoded where a URL needs it", () => {
    expect(href("/100%/a b/@me", {})).toBe("/100%25/a%20b/@me");
  });

  test("an optional parameter may be missing", () => {
    expect(href("/chat/:room?", {})).toBe("/chat");
    expect(href("/chat/:room?", { room: undefined })).toBe("/chat");
    expect(href("/chat/:room?", { room: "a b" })).toBe("/chat/a%20b");
    expect(href("/:room?", {})).toBe("/");
    expect(href("/files/*rest?", {})).toBe("/files");
    expect(href("/files/*rest?", { rest: "a/b c" })).toBe("/files/a/b%20c");
  });

  test("numbers, bigints, booleans and dates have one text each", () => {
    const noon = new Date(Date.UTC(2026, 0, 2, 12));
    expect(fillPath("/:a/:b/:c/:d", { a: 1.5, b: 2n, c: true, d: noon })).toBe(
      "/1.5/2/true/2026-01-02T12%3A00%3A00.000Z",
    );
  });

  test.each([{}, { room: "" }, { room: undefined }, { room: null }])("%o lacks the parameter", (params) => {
    expect(() => fillPath("/chat/:room", params)).toThrow(
      new TypeError('/chat/:room needs a value for "room"'),
    );
  });

  test("what an object inherits is no parameter", () => {
    expect(() => fillPath("/:constructor", {})).toThrow(TypeError);
    expect(() => fillPath("/:__proto__", {})).toThrow(TypeError);
  });

  test.each([".", "..", "a/..", "./a"])("%s is refused: a URL would resolve it away", (rest) => {
    expect(() => href("/x/*rest", { rest })).toThrow('"." and ".." cannot stand in a path');
  });

  test("a path never begins with two slashes: a URL would read a host there", () => {
    expect(() => href("/*rest", { rest: "/evil.example/x" })).toThrow(TypeError);
  });
});

test.each([
  "chat",
  "",
  "/chat/:",
  "/*",
  "/*all/x",
  "/:a?/x",
  "/:a?/:b?",
  "/:id(\\d+)",
  "/:path*",
  "/:path+",
  "/:a.json",
  "/:from-:to",
  "/v1/items:batch",
  "/a*",
  "/(a|b)",
  "/{id}",
  "/<id>",
  "/[id]",
  "/q?x=1",
  "/q#x",
  "/a?",
])("%j is not a path, and the error shows how to write one", (pattern) => {
  expect(() => checkPath(pattern)).toThrow(
    new TypeError(
      `${JSON.stringify(pattern)} is not a path: write "/text", "/:name", and last "/:name?" or "/*name"; "query" is a schema`,
    ),
  );
});

test.each(["/:a/:a", "/:a/*a", "/:a/x/:a?"])("%j names a parameter twice", (pattern) => {
  expect(() => checkPath(pattern)).toThrow(
    new TypeError(`${JSON.stringify(pattern)} names a parameter twice`),
  );
});
