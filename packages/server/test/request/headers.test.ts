import { describe, expect, test } from "vitest";
import { basicCredentials, bearerToken } from "../../src/request/headers.ts";
import { type ParsedRequest, parseRequest } from "../../src/request/parsed-request.ts";

function requestWith(authorization?: string): ParsedRequest {
  return parseRequest(
    new Request("http://test", authorization === undefined ? {} : { headers: { authorization } }),
  );
}

describe("Basic credentials", () => {
  test.each([
    ["the user and the password", "Aladdin:open sesame", { username: "Aladdin", password: "open sesame" }],
    ["UTF-8", "zoë:pässword", { username: "zoë", password: "pässword" }],
    ["a colon in the password", "u:a:b", { username: "u", password: "a:b" }],
    ["nothing but a colon", ":", { username: "", password: "" }],
  ])("are %s", (_, pair, credentials) => {
    expect(basicCredentials(requestWith(`basic ${Buffer.from(pair).toString("base64")}`))).toEqual(
      credentials,
    );
  });

  test.each([undefined, "Bearer dTpw", "Basic", "Basic %%%", "Basic dXA=", "Basic //79", "Basic dTpw dTpw"])(
    "are undefined for %s",
    (authorization) => {
      expect(basicCredentials(requestWith(authorization))).toBeUndefined();
    },
  );
});

test.each([
  ["Bearer abc", "abc"],
  ["bearer  abc", "abc"],
  ["Basic abc", undefined],
  ["Bearer", undefined],
  ["Bearer a b", undefined],
  [undefined, undefined],
])("the Bearer token of %s is %s", (authorization, token) => {
  expect(bearerToken(requestWith(authorization))).toBe(token);
});
