import { expect, test } from "vitest";
import { CookieJar } from "../../src/testing/cookie-jar.ts";

/** A jar after answers with these `Set-Cookie` headers. */
function jarOf(...lines: string[]): CookieJar {
  const jar = new CookieJar();
  for (const line of lines) jar.store(new Headers({ "set-cookie": line }));
  return jar;
}

test("the jar keeps valid cookies, the last one of each name", () => {
  expect([...jarOf("a=1; Path=/; HttpOnly", "b=x=y", "a=2", "bare", "=no")]).toEqual([
    ["a", "2"],
    ["b", "x=y"],
  ]);
});

test("one answer may set several cookies", () => {
  const jar = new CookieJar();
  jar.store(
    new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]),
  );
  expect(jar.header()).toBe("a=1; b=2");
});

test.each([
  "a=; Max-Age=0",
  "a=; max-age=-1; Expires=Fri, 01 Jan 2999 00:00:00 GMT",
  "a=; expires=Thu, 01 Jan 1970 00:00:00 GMT",
])("%s removes the cookie", (line) => {
  expect(jarOf("a=1", "b=2", line).header()).toBe("b=2");
});

test.each([
  "a=2; Max-Age=60",
  "a=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
  "a=2; Expires=nonsense",
])("%s keeps the cookie", (line) => {
  expect(jarOf("a=1", line).header()).toBe("a=2");
});

test("a request may have more cookies, which replace those of the jar", () => {
  const jar = jarOf("a=1", "b=2");
  expect(jar.header({ b: "3", c: "4" })).toBe("a=1; b=3; c=4");
  expect(jar.header()).toBe("a=1; b=2");
  expect(new CookieJar().header()).toBe("");
});
