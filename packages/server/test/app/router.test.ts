import { describe, expect, test } from "vitest";
import { Router } from "../../src/app/router.ts";

function routerOf(...patterns: string[]): Router<string> {
  const router = new Router<string>();
  for (const pattern of patterns) router.add(pattern, pattern);
  return router;
}

describe("in each order of declaration", () => {
  const patterns = ["/a/*rest", "/a/:one", "/a/b", "/:any/b", "/"];
  const cases: [string, string | undefined][] = [
    ["/a/b", "/a/b"],
    ["/a/c", "/a/:one"],
    ["/a/c/d", "/a/*rest"],
    ["/z/b", "/:any/b"],
    ["/", "/"],
    ["/z", undefined],
    ["/z/z", undefined],
  ];
  for (const order of [patterns, patterns.toReversed()])
    test.each(cases)(`the most literal route serves %s, declared as ${order[0]}…`, (path, pattern) => {
      expect(routerOf(...order).find(path)?.route).toBe(pattern);
    });
});

test("parameters are decoded", () => {
  expect({ ...routerOf("/chat/:room").find("/chat/a%20b%2Fc")?.params }).toEqual({ room: "a b/c" });
});

test("a parameter may have the name of a property that every object has", () => {
  const params = routerOf("/:__proto__").find("/x")?.params;
  expect(Object.keys(params ?? {})).toEqual(["__proto__"]);
});

test.each([
  ["/a", "/a"],
  ["/a/:x", "/a/:y"],
  ["/a/*x", "/a/*y"],
  ["/a", "/a/:x?"],
  ["/a/:x?", "/a/:y"],
  ["/a/*x?", "/a"],
  ["/", "/:x?"],
])("%s and %s match the same paths: the second one is a TypeError", (one, two) => {
  expect(() => routerOf(one, two)).toThrow(TypeError);
});

test("a pattern that is not a path is a TypeError", () => {
  expect(() => routerOf("chat")).toThrow(TypeError);
  expect(() => routerOf("/*all/more")).toThrow(TypeError);
});

test("a path is compared exactly: with a slash more it is another path", () => {
  const router = routerOf("/a");
  expect(router.find("/a/")).toBeUndefined();
  expect(router.find("/A")).toBeUndefined();
  expect(router.find("/%zz")).toBeUndefined();
});

// graphql-ws #692
test.each(["constructor", "__proto__", "toString"])("a path may be called %s", (name) => {
  expect(routerOf("/a").find(`/${name}`)).toBeUndefined();
  expect(routerOf(`/${name}`).find(`/${name}`)?.route).toBe(`/${name}`);
});
