import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import * as mini from "zod/mini";
import { ValidationError } from "../../src/errors.ts";
import { validate } from "../../src/contract/schema.ts";

test.each([
  ["zod", z.string().transform((line) => line.length)],
  [
    "valibot",
    v.pipe(
      v.string(),
      v.transform((line) => line.length),
    ),
  ],
])("%s: a value becomes what the schema makes of it, at once", (_, schema) => {
  expect(validate(schema, "abc")).toBe(3);
  expect(() => validate(schema, 3)).toThrow(ValidationError);
});

test("the error names every place that is wrong", () => {
  const schema = z.object({ name: z.string("no name"), tags: z.array(z.number("no number")) });
  expect(() => validate(schema, { tags: [1, "2"] })).toThrow(
    expect.objectContaining({
      message: "name: no name; tags.1: no number",
      issues: [expect.objectContaining({ path: ["name"] }), expect.objectContaining({ path: ["tags", 1] })],
    }),
  );
});

test("an asynchronous schema gives a promise, and rejects it", async () => {
  const schema = v.pipeAsync(
    v.string(),
    v.checkAsync(async (line) => line !== "taken", "is taken"),
  );
  expect(await validate(schema, "free")).toBe("free");
  await expect(validate(schema, "taken")).rejects.toThrow(/^is taken$/);
});

/** Checks that wait, by each library: they count their runs, and one throws. */
function asynchronousSchemas() {
  const runs: string[] = [];
  const check = async (line: string): Promise<boolean> => {
    runs.push(line);
    await Promise.resolve();
    if (line === "fault") throw new Error("the database is away");
    return line !== "taken";
  };
  const schemas = {
    zod: z.object({ line: z.string().refine(check, "is taken") }),
    "zod/mini": mini.object({ line: mini.string().check(mini.refine(check, "is taken")) }),
    valibot: v.objectAsync({ line: v.pipeAsync(v.string(), v.checkAsync(check, "is taken")) }),
  };
  return { runs, schemas };
}

describe.each(["zod", "zod/mini", "valibot"] as const)("%s: an asynchronous check", (library) => {
  test("runs once for each value, whether it passes or fails", async () => {
    const { runs, schemas } = asynchronousSchemas();
    expect(await validate(schemas[library], { line: "free" })).toEqual({ line: "free" });
    await expect(validate(schemas[library], { line: "taken" })).rejects.toMatchObject({
      name: "ValidationError",
      issues: [{ message: "is taken", path: ["line"] }],
    });
    expect(runs).toEqual(["free", "taken"]);
  });

  test("that throws runs once, and its error is what the promise rejects with", async () => {
    const { runs, schemas } = asynchronousSchemas();
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", listener);
    onTestFinished(() => void process.off("unhandledRejection", listener));
    await expect(validate(schemas[library], { line: "fault" })).rejects.toThrow("the database is away");
    await new Promise((resolve) => setTimeout(resolve)); // Node reports unhandled rejections before timers
    expect({ runs, unhandled }).toEqual({ runs: ["fault"], unhandled: [] });
  });
});

test("arktype: a morph that waits runs once, and its promise is the result", async () => {
  const runs: string[] = [];
  const schema = type("string").pipe(async (line) => {
    runs.push(line);
    if (line === "fault") throw new Error("the database is away");
    return line.length;
  });
  expect(await validate(schema, "free")).toBe(4);
  await expect(validate(schema, "fault")).rejects.toThrow("the database is away");
  expect(runs).toEqual(["free", "fault"]);
});

test.each([
  ["zod", z.string().transform(explode)],
  ["valibot", v.pipe(v.string(), v.transform(explode))],
  ["arktype", type("string").pipe(explode)],
])("%s: what a synchronous check throws is what validate throws or rejects with", async (_, schema) => {
  await expect((async () => validate(schema, "a"))()).rejects.toThrow("a fault in a transform");
});

function explode(): never {
  throw new Error("a fault in a transform");
}
