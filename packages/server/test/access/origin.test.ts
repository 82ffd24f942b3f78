import { describe, expect, test } from "vitest";
import { checkOrigin, type OriginOptions } from "../../src/access/origin.ts";

function status(
  headers: HeadersInit,
  options: OriginOptions = {},
  url = "http://app.example.com/ws",
): number | undefined {
  return checkOrigin(new Request(url, { headers }), options)?.status;
}

describe("S1 › an Origin", () => {
  test.each(["http://app.example.com", "https://app.example.com"])(
    "of the server's own host connects: %s",
    (origin) => {
      expect(status({ origin })).toBeUndefined();
    },
  );

  test.each([
    "https://evil.com",
    "https://app.example.com.evil.com",
    "https://appXexample.com",
    "https://example.com",
    "https://app.example.com:8443",
    "https://app.example.com.",
    "ftp://app.example.com",
    "null",
    "",
    "app.example.com",
  ])("that is another is refused with 403: %j", (origin) => {
    expect(status({ origin })).toBe(403);
  });

  test.each(["https://a.com, https://b.com", "https://a.com https://b.com"])(
    "may be only one: %s is 400",
    (origin) => {
      expect(status({ origin })).toBe(400);
    },
  );

  test("is compared with its port", () => {
    expect(status({ origin: "http://localhost:3000" }, {}, "http://localhost:3000/")).toBeUndefined();
    expect(status({ origin: "http://localhost:3001" }, {}, "http://localhost:3000/")).toBe(403);
  });
});

describe("the allowlist", () => {
  const options = { origins: ["https://pages.example.org"] };

  test("lets a foreign origin in, exactly", () => {
    expect(status({ origin: "https://pages.example.org" }, options)).toBeUndefined();
    expect(status({ origin: "http://pages.example.org" }, options)).toBe(403);
    expect(status({ origin: "https://pages.example.org:444" }, options)).toBe(403);
  });

  test("does not shut the server's own pages out", () => {
    expect(status({ origin: "https://app.example.com" }, options)).toBeUndefined();
  });
});

describe("S2 › without an Origin", () => {
  test("a program without cookies connects", () => {
    expect(status({})).toBeUndefined();
  });

  test("a request with cookies is refused with 403", () => {
    expect(status({ cookie: "session=1" })).toBe(403);
  });

  test("a request with cookies connects when the app allows it", () => {
    expect(status({ cookie: "session=1" }, { allowCookieWithoutOrigin: true })).toBeUndefined();
  });
});
