import { expect, test } from "vitest";
import { isOnline, isVisible, watchNetwork, type NetworkListener } from "../../src/connection/network.ts";
import { FakePage } from "./fakes.ts";

function listening() {
  const page = new FakePage();
  const told: string[] = [];
  const listener: NetworkListener = {
    wake: () => void told.push("woke"),
    offline: () => void told.push("offline"),
    hidden: (persisted) => void told.push(persisted ? "kept" : "left"),
  };
  return { page, told, unwatch: watchNetwork(listener, page) };
}

test.each(["online", "pageshow"])("%s wakes", (type) => {
  const { page, told } = listening();
  page.dispatchEvent(new Event(type));
  expect(told).toEqual(["woke"]);
});

test("a frozen page that resumes wakes", () => {
  const { page, told } = listening();
  page.dispatchEvent(new Event("resume"));
  expect(told).toEqual(["woke"]);
});

test("a page that becomes visible wakes, one that is hidden does not", () => {
  const { page, told } = listening();
  page.shows("hidden");
  expect(told).toEqual([]);
  page.shows("visible");
  expect(told).toEqual(["woke"]);
});

test("going offline is told as a doubt", () => {
  const { page, told } = listening();
  page.goes(false);
  expect(told).toEqual(["offline"]);
});

test("leaving the page says whether it is kept", () => {
  const { page, told } = listening();
  page.turns("pagehide", true);
  page.turns("pagehide", false);
  expect(told).toEqual(["kept", "left"]);
});

test("nothing is told after unwatching", () => {
  const { page, told, unwatch } = listening();
  unwatch();
  page.goes(true);
  page.goes(false);
  page.shows("visible");
  page.turns("pagehide", true);
  page.turns("pageshow", true);
  page.dispatchEvent(new Event("resume"));
  expect(told).toEqual([]);
});

test("where there is no page and no word on the network, it is online and visible", () => {
  expect(isOnline({})).toBe(true);
  expect(isOnline({ navigator: {} })).toBe(true);
  expect(isVisible({})).toBe(true);
  expect(() => watchNetwork({ wake() {}, offline() {}, hidden() {} }, {})()).not.toThrow();
  expect(() => watchNetwork({ wake() {}, offline() {}, hidden() {} }, globalThis)()).not.toThrow();
});

test("the device is offline only when it says so", () => {
  const page = new FakePage();
  expect(isOnline(page)).toBe(true);
  page.goes(false);
  expect(isOnline(page)).toBe(false);
});
