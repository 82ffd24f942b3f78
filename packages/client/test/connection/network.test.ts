import { expect, test } from "vitest";
import { isOnline, isVisible, watchNetwork, type NetworkListener } from "../../src/connection/network.ts";
import { FakePage } from "./fakes.ts";

/** A fake page that is watched, and the calls of the listener. */
function watchedPage() {
  const page = new FakePage();
  const calls: string[] = [];
  const listener: NetworkListener = {
    wake: () => void calls.push("wake"),
    offline: () => void calls.push("offline"),
    hidden: (persisted) => void calls.push(persisted ? "hidden, kept" : "hidden"),
  };
  return { page, calls, unwatch: watchNetwork(listener, page) };
}

test.each(["online", "pageshow"])("%s is a wake", (type) => {
  const { page, calls } = watchedPage();
  page.dispatchEvent(new Event(type));
  expect(calls).toEqual(["wake"]);
});

test("a frozen page that resumes is a wake", () => {
  const { page, calls } = watchedPage();
  page.dispatchEvent(new Event("resume"));
  expect(calls).toEqual(["wake"]);
});

test("a page that becomes visible is a wake, a page that becomes hidden is not", () => {
  const { page, calls } = watchedPage();
  page.setVisibility("hidden");
  expect(calls).toEqual([]);
  page.setVisibility("visible");
  expect(calls).toEqual(["wake"]);
});

test("a device that goes offline is reported as offline", () => {
  const { page, calls } = watchedPage();
  page.setOnline(false);
  expect(calls).toEqual(["offline"]);
});

test("pagehide reports whether the browser keeps the page", () => {
  const { page, calls } = watchedPage();
  page.emitTransition("pagehide", true);
  page.emitTransition("pagehide", false);
  expect(calls).toEqual(["hidden, kept", "hidden"]);
});

test("nothing is reported after unwatching", () => {
  const { page, calls, unwatch } = watchedPage();
  unwatch();
  page.setOnline(true);
  page.setOnline(false);
  page.setVisibility("visible");
  page.emitTransition("pagehide", true);
  page.emitTransition("pageshow", true);
  page.dispatchEvent(new Event("resume"));
  expect(calls).toEqual([]);
});

test("a platform without a page and without reports on the network is online and visible", () => {
  expect(isOnline({})).toBe(true);
  expect(isOnline({ navigator: {} })).toBe(true);
  expect(isVisible({})).toBe(true);
  expect(() => watchNetwork({ wake() {}, offline() {}, hidden() {} }, {})()).not.toThrow();
  expect(() => watchNetwork({ wake() {}, offline() {}, hidden() {} }, globalThis)()).not.toThrow();
});

test("a device is offline only when it reports so", () => {
  const page = new FakePage();
  expect(isOnline(page)).toBe(true);
  page.setOnline(false);
  expect(isOnline(page)).toBe(false);
});
