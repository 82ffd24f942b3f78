import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contract } from "../../src/contract/contract.ts";

test("a contract holds the path and the schemas as they were given", () => {
  const definition = { client: { post: z.string() }, server: { posted: z.string() } };
  const chat = contract("/chat/:room", definition);
  expect(chat.path).toBe("/chat/:room");
  expect(chat.definition).toBe(definition);
});

test("an invalid path is refused when the contract is made", () => {
  expect(() => contract("chat", {})).toThrow(TypeError);
});

describe("url", () => {
  test("fills the parameters in and appends the query, percent-encoded", () => {
    const chat = contract("/chat/:room", {});
    expect(chat.url({ room: "a b" })).toBe("/chat/a%20b");
    expect(chat.url({ room: "a" }, { "q&": "1=2", z: "ü" })).toBe("/chat/a?q%26=1%3D2&z=%C3%BC");
  });

  test("lists are repeated, an empty one is name[]=, and undefined values are left out", () => {
    const query = z.object({ tag: z.array(z.string()), n: z.number().optional(), on: z.boolean() });
    const search = contract("/search", { query });
    expect(search.url({}, { tag: ["a", "b"], n: undefined, on: false })).toBe("/search?tag=a&tag=b&on=false");
    expect(search.url(undefined, { tag: [], on: true })).toBe("/search?tag%5B%5D=&on=true");
  });

  test("numbers, bigints, booleans and dates have one text each", () => {
    const query = z.object({ n: z.number(), big: z.bigint(), on: z.boolean(), days: z.array(z.date()) });
    const days = [new Date(Date.UTC(2026, 0, 2, 12))];
    expect(contract("/search", { query }).url({}, { n: -1.5, big: 7n, on: true, days })).toBe(
      "/search?n=-1.5&big=7&on=true&days=2026-01-02T12%3A00%3A00.000Z",
    );
  });

  test("an optional parameter may be missing", () => {
    expect(contract("/chat/:room?", {}).url()).toBe("/chat");
    expect(contract("/chat/:room?", {}).url({ room: "a" }, { x: "1" })).toBe("/chat/a?x=1");
  });

  test("needs no arguments when the path has no parameters", () => {
    expect(contract("/chat", {}).url()).toBe("/chat");
    expect(contract("/chat", {}).url({}, {})).toBe("/chat");
  });

  test("throws when a parameter is missing", () => {
    const params: { room: string } = JSON.parse("{}");
    expect(() => contract("/chat/:room", {}).url(params)).toThrow(TypeError);
  });
});

test.each(["", "x".repeat(129)])("a message cannot be called %j", (name) => {
  expect(() => contract("/chat", { client: { [name]: z.string() } })).toThrow(TypeError);
});

test.each(["failed", "reset", "gap"])("both peers may send an event named %s", (name) => {
  const messages = { [name]: z.string() };
  expect(contract("/chat", { server: messages, client: messages }).definition).toEqual({
    server: messages,
    client: messages,
  });
});
