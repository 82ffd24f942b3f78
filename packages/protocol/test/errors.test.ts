import { describe, expect, test, vi } from "vitest";
import * as errors from "../src/errors.ts";
import {
  CloseError,
  HandshakeError,
  OutcomeUnknown,
  ProtocolError,
  RequestError,
  ValidationError,
} from "../src/errors.ts";

test.each([
  ["CloseError", new CloseError(1000)],
  ["HandshakeError", new HandshakeError(new Response())],
  ["RequestError", new RequestError("NO")],
  ["ValidationError", new ValidationError([])],
  ["ProtocolError", new ProtocolError("no")],
  ["OutcomeUnknown", new OutcomeUnknown(true)],
])("%s is an error with its name", (name, error) => {
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toMatch(`${name}: `);
});

test("a CloseError has the code and the reason of the close", () => {
  expect(new CloseError(4403, "no")).toMatchObject({
    code: 4403,
    reason: "no",
    wasClean: true,
    message: "closed with 4403: no",
  });
  expect(new CloseError(1006, "", false)).toMatchObject({
    reason: "",
    wasClean: false,
    message: "closed with 1006",
  });
});

test("a HandshakeError carries the response", () => {
  const response = new Response("no", { status: 403, statusText: "Forbidden" });
  const error = new HandshakeError(response);
  expect(error).toMatchObject({ code: "REFUSED", message: "the handshake was refused with 403 Forbidden" });
  expect(error.response).toBe(response);
});

test("the message of a RequestError is its code by default", () => {
  expect(new RequestError("NO_SUCH_ROOM")).toMatchObject({
    code: "NO_SUCH_ROOM",
    message: "NO_SUCH_ROOM",
    data: undefined,
  });
  expect(new RequestError("NO", "no", 1)).toMatchObject({ message: "no", data: 1 });
});

test("a ValidationError names each place", () => {
  const issues = [{ message: "bad", path: ["a", { key: 0 }, Symbol("s")] }, { message: "worse" }];
  const error = new ValidationError(issues);
  expect(error).toMatchObject({ code: "INVALID", message: "a.0.Symbol(s): bad; worse" });
  expect(error.issues).toEqual([
    { message: "bad", path: ["a", 0, "Symbol(s)"] },
    { message: "worse", path: [] },
  ]);
  expect(error).toBeInstanceOf(RequestError);
  expect(new ValidationError([]).message).toBe("invalid value");
});

test("a ValidationError has its issues as JSON can carry them, each message cut to 200", () => {
  const path = ["a", { key: 0 }, Symbol("s")];
  const { data } = new ValidationError([{ message: "m".repeat(300), path }, { message: "worse" }]);
  expect(data).toEqual([
    { message: "m".repeat(200), path: ["a", 0, "Symbol(s)"] },
    { message: "worse", path: [] },
  ]);
});

// S21
test.each([
  ["a quotation", `expected a number, got "${"x".repeat(101)}"`, `expected a number, got "${"x".repeat(99)}`],
  ["a quotation with quotes in it", `got "${'x"'.repeat(60)}"`, `got "${'x"'.repeat(50)}`.slice(0, 104)],
  ["a number", `received ${"1".repeat(101)}`, `received ${"1".repeat(100)}`],
  ["a template", `was \`${"x".repeat(200)}`, `was \`${"x".repeat(99)}`],
  ["several lines", `was "${"\n".repeat(200)}`, `was "${"\n".repeat(99)}`],
])("an issue has at most 100 characters of %s", (_, message, short) => {
  expect(new ValidationError([{ message }]).issues).toEqual([{ message: short, path: [] }]);
});

// S21
test.each([
  ["a quotation of 98 characters", `expected a number, got "${"x".repeat(98)}"`],
  ["200 characters without a quotation", "it's prose ".repeat(18) + "as"],
])("an issue is not cut when it has %s", (_, message) => {
  expect(new ValidationError([{ message }]).issues).toEqual([{ message, path: [] }]);
});

test("a ProtocolError closes with 4400 by default", () => {
  expect(new ProtocolError("no").closeCode).toBe(4400);
  expect(new ProtocolError("no", 4903).closeCode).toBe(4903);
});

test("an OutcomeUnknown has whether the message was sent", () => {
  expect(new OutcomeUnknown(true)).toMatchObject({
    sentBefore: true,
    message: "the connection ended before the outcome was known",
  });
  expect(new OutcomeUnknown(false)).toMatchObject({
    sentBefore: false,
    message: "the connection ended before this was sent",
  });
});

test("a ValidationError is bounded, however many issues there are", () => {
  const many = Array.from({ length: 30_000 }, (_, n) => ({ message: "expected string", path: ["tags", n] }));
  const error = new ValidationError(many);
  expect(error.issues).toEqual(many.slice(0, error.issues.length));
  expect(error.issues.length).toBeGreaterThan(100);
  expect(JSON.stringify(error).length + error.message.length).toBeLessThan(50_000);
  const [deep] = new ValidationError([
    { message: "x".repeat(1_000), path: Array.from({ length: 1_000 }, () => "k".repeat(1_000)) },
  ]).issues;
  expect(deep).toEqual({ message: "x".repeat(200), path: Array.from({ length: 32 }, () => "k".repeat(100)) });
});

describe("instanceof", () => {
  class Full extends RequestError {
    override readonly name = "Full";
  }
  class Fuller extends Full {}

  test("knows the errors of another copy of the package, and of classes that extend them", async () => {
    vi.resetModules();
    const copy: typeof errors = await import("../src/errors.ts");
    class OtherFull extends copy.RequestError {
      override readonly name = "OtherFull";
    }
    const found = [
      new copy.CloseError(1000),
      new copy.HandshakeError(new Response()),
      new copy.RequestError("NO"),
      new copy.ValidationError([]),
      new copy.ProtocolError("no"),
      new copy.OutcomeUnknown(true),
      new OtherFull("FULL"),
    ].map((error) => Object.values(errors).map((type) => type.name.repeat(Number(error instanceof type))));
    expect(copy.CloseError).not.toBe(CloseError);
    expect(found.map((types) => types.filter((type) => type))).toEqual([
      ["CloseError"],
      ["HandshakeError"],
      ["RequestError"],
      ["RequestError", "ValidationError"],
      ["ProtocolError"],
      ["OutcomeUnknown"],
      ["RequestError"],
    ]);
    expect(new OtherFull("FULL")).not.toBeInstanceOf(Full);
  });

  test("keeps its meaning for a user's own classes", () => {
    expect(new Full("FULL")).toBeInstanceOf(RequestError);
    expect(new Fuller("FULL")).toBeInstanceOf(Full);
    expect(new RequestError("FULL")).not.toBeInstanceOf(Full);
    expect(new Full("FULL")).not.toBeInstanceOf(Fuller);
    expect(new Full("FULL")).not.toBeInstanceOf(ValidationError);
  });

  test.each([
    [undefined],
    [null],
    ["RequestError"],
    [{ name: "RequestError" }],
    [new Error("no")],
    [Object.create(null)],
  ])("knows that %o is no error of ours", (value) => {
    for (const type of Object.values(errors)) expect(value instanceof type).toBe(false);
  });

  test("does not believe what a remote peer sends", () => {
    const sent: unknown = JSON.parse(
      '{ "constructor": { "symbolon": "CloseError" }, "symbolon": "CloseError" }',
    );
    expect(sent).not.toBeInstanceOf(CloseError);
  });
});
