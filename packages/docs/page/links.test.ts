import { expect, test } from "vitest";
import { appUrl } from "./app-url.ts";
import { linkTo, readPlace } from "./links.ts";

test.each([
  ["chat.room", undefined, "#/chat.room"],
  ["chat.room", "client.say it/now", "#/chat.room/client.say%20it%2Fnow"],
])("a link names a route and a message", (route, message, link) => {
  expect(linkTo(route, message)).toBe(link);
  expect(readPlace(link)).toEqual({ route, ...(message !== undefined && { message }) });
});

test.each(["", "#", "#x", "#/%E0%A4%A"])("%j names no route", (hash) => {
  expect(readPlace(hash)).toBeUndefined();
});

test.each([
  ["/docs", ["/docs"], ""],
  ["/v1/docs", ["/docs", "/s"], "/v1"],
  ["/v1/docs", ["/docs", "/v1/docs"], ""],
  ["/renamed", ["/docs"], ""],
])("the page at %s of an app with %j belongs to the app at %j", (pathname, paths, prefix) => {
  expect(appUrl({ origin: "https://a.example", pathname }, paths)).toBe(`https://a.example${prefix}`);
});
