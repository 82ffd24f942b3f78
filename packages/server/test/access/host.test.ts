import { expect, test } from "vitest";
import { checkHost } from "../../src/access/host.ts";

const allowedHosts = ["app.test", "[::1]"];

test.each(["http://app.test/", "http://APP.test:8080/x", "https://app.test/", "http://[::1]:3000/"])(
  "S3 › %s is asked of this app",
  (url) => {
    expect(checkHost(new Request(url), { allowedHosts })).toBeUndefined();
  },
);

test.each([
  "http://evil.test/",
  "http://app.test.evil/",
  "http://xapp.test/",
  "http://appxtest/",
  "http://app.test./",
  "http://127.0.0.1/",
])("S3 › %s is not, and refused with 421", (url) => {
  expect(checkHost(new Request(url), { allowedHosts })?.status).toBe(421);
});

test("S3 › without names any will do", () => {
  expect(checkHost(new Request("http://evil.test/"), {})).toBeUndefined();
  expect(checkHost(new Request("http://evil.test/"), { allowedHosts: [] })?.status).toBe(421);
});
