import { describe, expect, test } from "vitest";
import { checkHost, checkOrigin, type SecurityOptions } from "../../src/access/origin.ts";
import { parseRequest } from "../../src/request/parsed-request.ts";

/** The status by which a handshake is refused; undefined when it may go on. */
function originStatus(
  headers: HeadersInit,
  options: SecurityOptions = {},
  url = "http://app.example.com/ws",
  trustProxy = false,
): number | undefined {
  return checkOrigin(parseRequest(new Request(url, { headers })), options, { trustProxy })?.status;
}

/** The status by which a request for `url` is refused; undefined when it may go on. */
function hostStatus(url: string, options: SecurityOptions, boundToLoopback = false): number | undefined {
  return checkHost(parseRequest(new Request(url)), options, boundToLoopback)?.status;
}

// S3
describe("without host names, bound to a loopback address", () => {
  test.each([
    "http://localhost:3000/",
    "http://LOCALHOST/",
    "http://app.localhost/",
    "http://127.0.0.1/",
    "http://127.1:8080/",
    "http://127.200.0.3/",
    "http://[::1]:3000/",
    "http://[0:0:0:0:0:0:0:1]/",
  ])("a request for the loopback name %s may go on", (url) => {
    expect(hostStatus(url, {}, true)).toBeUndefined();
  });

  test.each([
    "http://evil.com/",
    "http://localhost.evil.com/",
    "http://evillocalhost/",
    "http://127.0.0.1.evil.com/",
    "http://128.0.0.1/",
    "http://0.0.0.0/",
    "http://[::2]/",
    "http://[2001:db8::1]/",
    "http://192.168.0.1/",
  ])("a request for %s is refused with 421", (url) => {
    expect(hostStatus(url, {}, true)).toBe(421);
  });

  test("host names replace the loopback names", () => {
    expect(hostStatus("http://app.test/", { hosts: ["app.test"] }, true)).toBeUndefined();
    expect(hostStatus("http://localhost/", { hosts: ["app.test"] }, true)).toBe(421);
  });
});

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

// S1
describe("the scheme of an Origin", () => {
  const [http, https] = ["http://app.example.com", "https://app.example.com"];
  const over = (origin: string, url: string, proto?: string, trustProxy = false) =>
    originStatus({ origin, ...(proto !== undefined && { "x-forwarded-proto": proto }) }, {}, url, trustProxy);

  test("must be https where the server ends TLS itself", () => {
    expect(over(https, `${https}/ws`)).toBeUndefined();
    expect(over(http, `${https}/ws`)).toBe(403);
    expect(over("https://app.example.com:443", `${https}/ws`)).toBeUndefined();
  });

  test.each([
    [https, "https", undefined],
    [http, "https", 403],
    [http, "http", undefined],
    [https, "http", 403],
    [https, "HTTPS", undefined],
    [http, "http, https", 403],
    [https, "http, https", undefined],
    [http, "wss", undefined],
    [https, "", undefined],
  ])("%s behind a trusted proxy whose X-Forwarded-Proto is %j: %j", (origin, proto, status) => {
    expect(over(origin, `${http}/ws`, proto, true)).toBe(status);
  });

  test("is not compared where neither TLS nor a trusted proxy tells it: a client may send X-Forwarded-Proto", () => {
    expect(over(https, `${http}/ws`)).toBeUndefined();
    expect(over(http, `${http}/ws`, "https")).toBeUndefined();
    expect(over(https, `${http}/ws`, undefined, true)).toBeUndefined();
  });

  test("does not matter for a listed origin, which is compared exactly", () => {
    const headers = { origin: http, "x-forwarded-proto": "https" };
    expect(originStatus(headers, { origins: [http] }, `${http}/ws`, true)).toBeUndefined();
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
