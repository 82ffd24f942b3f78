import { describe, expect, test } from "vitest";
import { checkHost, checkOrigin, type SecurityOptions } from "../../src/access/origin.ts";
import { parseRequest } from "../../src/request/context.ts";

/** The status by which a handshake is refused; undefined when it may go on. */
function originStatus(
  headers: HeadersInit,
  options: SecurityOptions = {},
  url = "http://app.example.com/ws",
): number | undefined {
  return checkOrigin(parseRequest(new Request(url, { headers })), options)?.status;
}

/** The status by which a request for `url` is refused; undefined when it may go on. */
function hostStatus(url: string, options: SecurityOptions): number | undefined {
  return checkHost(parseRequest(new Request(url)), options)?.status;
}

// S3
describe("with host names", () => {
  const hosts = ["app.test", "[::1]"];

  test.each(["http://app.test/", "http://APP.test:8080/x", "https://app.test/", "http://[::1]:3000/"])(
    "a request for %s may go on",
    (url) => {
      expect(hostStatus(url, { hosts })).toBeUndefined();
    },
  );

  test.each([
    "http://evil.test/",
    "http://app.test.evil/",
    "http://xapp.test/",
    "http://appxtest/",
    "http://app.test./",
    "http://127.0.0.1/",
  ])("a request for %s is refused with 421", (url) => {
    expect(hostStatus(url, { hosts })).toBe(421);
  });

  test("an empty list refuses every host, and no list allows every host", () => {
    expect(hostStatus("http://evil.test/", {})).toBeUndefined();
    expect(hostStatus("http://evil.test/", { hosts: [] })).toBe(421);
  });
});

// S1
describe("an Origin", () => {
  test.each(["http://app.example.com", "https://app.example.com"])(
    "of the server's own host may connect: %s",
    (origin) => {
      expect(originStatus({ origin })).toBeUndefined();
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
  ])("of another host is refused with 403: %j", (origin) => {
    expect(originStatus({ origin })).toBe(403);
  });

  test.each(["https://a.com, https://b.com", "https://a.com https://b.com"])(
    "that names two origins is refused with 400: %s",
    (origin) => {
      expect(originStatus({ origin })).toBe(400);
    },
  );

  test("is compared with its port", () => {
    expect(originStatus({ origin: "http://localhost:3000" }, {}, "http://localhost:3000/")).toBeUndefined();
    expect(originStatus({ origin: "http://localhost:3001" }, {}, "http://localhost:3000/")).toBe(403);
  });
});

describe("with a list of origins", () => {
  const options = { origins: ["https://pages.example.org"] };

  test("a listed origin may connect, exactly", () => {
    expect(originStatus({ origin: "https://pages.example.org" }, options)).toBeUndefined();
    expect(originStatus({ origin: "http://pages.example.org" }, options)).toBe(403);
    expect(originStatus({ origin: "https://pages.example.org:444" }, options)).toBe(403);
  });

  test("the server's own pages may still connect", () => {
    expect(originStatus({ origin: "https://app.example.com" }, options)).toBeUndefined();
  });
});

// S2
describe("without an Origin", () => {
  test("a program without cookies may connect", () => {
    expect(originStatus({})).toBeUndefined();
  });

  test("a request with cookies is refused with 403", () => {
    expect(originStatus({ cookie: "session=1" })).toBe(403);
  });

  test("a request with cookies may connect when the app allows it", () => {
    expect(originStatus({ cookie: "session=1" }, { allowCookieWithoutOrigin: true })).toBeUndefined();
  });
});
