import { href } from "@symbolon/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathPattern } from "../../src/app/path-pattern.ts";

const match = (pattern: string, pathname: string) => {
  const params = pathPattern(pattern).match(pathname);
  return params && Object.fromEntries(Object.entries(params));
};

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
    ["/chat/:room?", "/chat", {}],
    ["/chat/:room?", "/chat/a%20b", { room: "a b" }],
    ["/:room?", "/", {}],
    ["/:room?", "/a", { room: "a" }],
    ["/files/*rest?", "/files", {}],
    ["/files/*rest?", "/files/a/b", { rest: "a/b" }],
    ["/*rest?", "/", {}],
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
    ["/chat/:room?", "/chat/"],
    ["/chat/:room?", "/chat/a/b"],
    ["/chat/:room?", "/"],
    ["/chat/:room?", "/chats"],
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

test("a match returns the parameters that the path was built with, through a real URL too", () => {
  const value = fc.string({ unit: "grapheme", minLength: 1 });
  const dots = (text: string) => text.split("/").some((part) => part === "." || part === "..");
  const values = value.filter((text) => !dots(text));
  fc.assert(
    fc.property(values, values, (one, rest) => {
      const pattern = "/100%/:one/*rest";
      const { pathname } = new URL(href(pattern, { one, rest }), "ws://localhost");
      expect(match(pattern, pathname)).toEqual({ one, rest });
    }),
  );
});
