import { isJsonObject, type JsonObject } from "../../src/schemas/json.ts";
import { choicesOf, referenceName, typesOf } from "./resolve.ts";

/** The type of a schema in a few words: `text`, `list of numbers`. */
export function describeType(schema: JsonObject): string {
  const { enum: values, const: constant } = schema;
  if (constant !== undefined) return JSON.stringify(constant);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  const choices = choicesOf(schema);
  if (choices.length > 0)
    return choices.map((choice) => referenceName(choice) ?? describeType(choice)).join(" | ");
  const types = typesOf(schema);
  if (types.length === 0) return schema["x-symbolon-unknown"] === true ? "unknown" : "any";
  return types.map((type) => (type === "array" ? describeArray(schema) : type)).join(" | ");
}

function describeArray({ items }: JsonObject): string {
  if (!isJsonObject(items)) return "array";
  const inner = referenceName(items) ?? describeType(items);
  return inner.includes(" ") ? `(${inner})[]` : `${inner}[]`;
}

const bounds: readonly (readonly [keyword: string, text: (value: string) => string])[] = [
  ["format", (value) => value],
  ["minLength", (value) => `at least ${count(value, "character")}`],
  ["maxLength", (value) => `at most ${count(value, "character")}`],
  ["minimum", (value) => `≥ ${value}`],
  ["exclusiveMinimum", (value) => `> ${value}`],
  ["maximum", (value) => `≤ ${value}`],
  ["exclusiveMaximum", (value) => `< ${value}`],
  ["multipleOf", (value) => `a multiple of ${value}`],
  ["minItems", (value) => `at least ${count(value, "item")}`],
  ["maxItems", (value) => `at most ${count(value, "item")}`],
  ["uniqueItems", () => "each item once"],
  ["pattern", (value) => `matches ${value}`],
  ["default", (value) => `default ${value}`],
];

/** What else a schema demands: bounds, a format, a pattern. */
export function describeBounds(schema: JsonObject): readonly string[] {
  return bounds.flatMap(([keyword, text]) => {
    const value = schema[keyword];
    if (value === undefined || value === false) return [];
    // An integer's own bounds say nothing.
    if (Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER) return [];
    if (keyword === "pattern" && schema["format"] !== undefined) return [];
    return [text(typeof value === "string" && keyword !== "default" ? value : JSON.stringify(value))];
  });
}

function count(value: string, unit: string): string {
  return `${value} ${unit}${value === "1" ? "" : "s"}`;
}
