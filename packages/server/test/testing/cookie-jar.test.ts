import { expect, test } from "vitest";
import { CookieJar } from "../../src/testing/cookie-jar.ts";

function jar(...lines: string[]): CookieJar {
  const taken = new CookieJar();
  for (const line of lines) taken.store(new Headers({ "set-cookie": line }));
  return taken;
}

test("cookies are kept, the last of a name wins, and what is none is not", () => {
  expect([...jar("a=1; Path=/; HttpOnly", "b=x=y", "a=2", "bare", "=no")]).toEqual([
    ["a", "2"],
    ["b", "x=y"],
  ]);
});

test("one answer may set several", () => {
  const taken = new CookieJar();
  taken.store(
    new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]),
  );
  expect(taken.header()).toBe("a=1; b=2");
});

test.each([
  "a=; Max-Age=0",
  "a=; max-age=-1; Expires=Fri, 01 Jan 2999 00:00:00 GMT",
  "a=; expires=Thu, 01 Jan 1970 00:00:00 GMT",
])("%s drops the cookie", (line) => {
  expect(jar("a=1", "b=2", line).header()).toBe("b=2");
});

test.each([
  "a=2; Max-Age=60",
  "a=2; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
  "a=2; Expires=nonsense",
])("%s keeps it", (line) => {
  expect(jar("a=1", line).header()).toBe("a=2");
});

test("a request may have more, which win", () => {
  const taken = jar("a=1", "b=2");
  expect(taken.header({ b: "3", c: "4" })).toBe("a=1; b=3; c=4");
  expect(taken.header()).toBe("a=1; b=2");
  expect(new CookieJar().header()).toBe("");
});
