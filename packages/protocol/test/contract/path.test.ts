import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { href, pathPattern } from "../../src/contract/path.ts";

const match = (pattern: string, pathname: string) => {
  const params = pathPattern(pattern).match(pathname);
  return params && Object.fromEntries(Object.entries(params));
};

const fill = (pattern: string, params: Record<string, unknown>) => pathPattern(pattern).fill(params);

describe("matching", () => {
  test.each([
    ["/", "/", {}],
    ["/chat", "/chat", {}],
    ["/a/", "/a/", {}],
    ["/chat/:room", "/chat/a%20b", { room: "a b" }],
    ["/:a/x/:b", "/1/x/2", { a: "1", b: "2" }],
    ["/chat/:room", "/chat/a%2Fb", { room: "a/b" }],
    ["/files/*rest", "/files/a/b%20c", { rest: "a/b c" }],
    ["/café", "/caf%C3%A9", {}],
  ])("%s matches %s", (pattern, pathname, params) => {
    expect(match(pattern, pathname)).toEqual(params);
  });

  test.each([
    ["/chat", "/chat/"],
    ["/a/", "/a"],
    ["/chat", "/Chat"],
    ["/chat/:room", "/chat/"],
    ["/chat/:room", "/chat/a/b"],
    ["/chat/:room", "/chat"],
    ["/chat/:room", "/chat/%zz"],
    ["/files/*rest", "/files/"],
    ["/files/*rest", "/files"],
  ])("%s does not match %s", (pattern, pathname) => {
    expect(match(pattern, pathname)).toBeUndefined();
  });

  test("parameters may be named like what every object has", () => {
    const params = pathPattern("/:__proto__/:constructor").match("/a/b");
    expect(params && Object.entries(params)).toEqual([
      ["__proto__", "a"],
      ["constructor", "b"],
    ]);
  });
});

describe("filling", () => {
  test("parameters are percent-encoded, and the slashes of a rest parameter stay", () => {
    expect(href("/chat/:room", { room: "a b/ü?#" })).toBe("/chat/a%20b%2F%C3%BC%3F%23");
    expect(href("/files/*rest", { rest: "a b/c?" })).toBe("/files/a%20b/c%3F");
    expect(fill("/:n/:yes", { n: 0, yes: false })).toBe("/0/false");
  });

  test("a literal segment is encoded where a URL needs it", () => {
    expect(href("/100%/a b?#/@me", {})).toBe("/100%25/a%20b%3F%23/@me");
  });

  test.each([{}, { room: "" }, { room: undefined }, { room: null }])("%o lacks the parameter", (params) => {
    expect(() => fill("/chat/:room", params)).toThrow(new TypeError('/chat/:room needs a value for "room"'));
  });

  test("what an object inherits is no parameter", () => {
    expect(() => fill("/:constructor", {})).toThrow(TypeError);
    expect(() => fill("/:__proto__", {})).toThrow(TypeError);
  });

  test.each([".", "..", "a/..", "./a"])("%s is refused: a URL would resolve it away", (rest) => {
    expect(() => href("/x/*rest", { rest })).toThrow('"." and ".." cannot stand in a path');
  });

  test("a path never begins with two slashes: a URL would read a host there", () => {
    expect(() => href("/*rest", { rest: "/evil.example/x" })).toThrow(TypeError);
  });

  test("a match returns the parameters that the path was built with, through a real URL too", () => {
    const value = fc.string({ unit: "grapheme", minLength: 1 });
    const dots = (text: string) => text.split("/").some((part) => part === "." || part === "..");
    const values = value.filter((text) => !dots(text));
    fc.assert(
      fc.property(values, values, (one, rest) => {
        const pattern = "/100%/:one/*rest";
        const { pathname } = new URL(fill(pattern, { one, rest }), "ws://localhost");
        expect(match(pattern, pathname)).toEqual({ one, rest });
      }),
    );
  });
});

test.each([
  ["chat", 'a path begins with "/"'],
  ["", 'a path begins with "/"'],
  ["/chat/:", "a parameter has no name"],
  ["/*", "a parameter has no name"],
  ["/:a/:a", "a parameter is named twice"],
  ["/*all/x", '"*name" takes all that follows'],
])("%j is no pattern: %s", (pattern, why) => {
  expect(() => pathPattern(pattern)).toThrow(TypeError);
  expect(() => pathPattern(pattern)).toThrow(why);
});
