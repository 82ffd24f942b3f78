/** Checks the tags of doc comments: `@throws` where a function throws, `@default` where an option may be left out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";
import { describe, expect, test } from "vitest";
import { childrenOf, isFunction, type Node } from "./walks/functions.ts";

const packages = fileURLToPath(new URL("../packages", import.meta.url));

const files = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter((file) =>
  /^\w+\/src\/.*\.tsx?$/.test(file),
);

test("each exported function and each public method that throws documents it", () => {
  const untagged = files.flatMap((file) => withoutThrows(readFileSync(join(packages, file), "utf8"), file));
  expect(untagged).toEqual([]);
});

test("each option with a plain value that may be left out documents its default", () => {
  const untagged = files.flatMap((file) => withoutDefault(readFileSync(join(packages, file), "utf8"), file));
  expect(untagged).toEqual([]);
});

describe("the search for missing tags", () => {
  test("finds a function that throws", () => {
    const source = [
      "/** Does it. */ export function a() { throw new Error(); }",
      "/** Does it. @throws Error always. */ export function b() { throw new Error(); }",
      "/** Does it. Rejects with an error. */ export async function c() { throw new Error(); }",
      "export class D { /** Does it. */ e() { if (this) throw f(); } #g() { throw new Error(); } }",
      "/** Does it. */ export function h() { try { throw new Error(); } catch (error) { throw error; } }",
      "/** Does it. */ export function i() { return () => { throw new Error(); }; }",
    ].join("\n");
    expect(withoutThrows(source, "x.ts")).toEqual(["x.ts: a", "x.ts: D.e"]);
  });

  test("finds an option without a default", () => {
    const source = [
      "export interface AOptions { /** How long. */ readonly b?: number;",
      "  /** How long. @default 1 */ readonly c?: number; /** How long. */ readonly d: number;",
      "  /** Where. */ readonly e?: () => void; /** Which. */ readonly f?: 'x' | 'y'; }",
    ].join("\n");
    expect(withoutDefault(source, "x.ts")).toEqual(["x.ts: AOptions.b", "x.ts: AOptions.f"]);
  });
});

/** An exported declaration, or a member of one, with the text of its doc comment. */
interface Documented {
  readonly name: string;
  readonly doc: string;
  readonly node: Node;
}

function withoutThrows(source: string, file: string): string[] {
  return declarationsOf(source, file)
    .filter(({ node }) => node.type !== "TSPropertySignature" && throws(functionOf(node)))
    .filter(({ doc }) => !/@throws|\b[Rr]ejects\b/.test(doc))
    .map(({ name }) => `${file}: ${name}`);
}

function withoutDefault(source: string, file: string): string[] {
  return declarationsOf(source, file)
    .filter(({ name, node }) => /(?:Options|Init)\./.test(name) && node["optional"] === true)
    .filter(({ node }) => isPlain((node["typeAnnotation"] as Node)["typeAnnotation"] as Node))
    .filter(({ doc }) => !doc.includes("@default"))
    .map(({ name }) => `${file}: ${name}`);
}

/** The exported functions of a module, the public methods of its classes, and the members of its interfaces. */
function declarationsOf(source: string, file: string): Documented[] {
  const { program, comments } = parseSync(file, source);
  const docBefore = ({ start }: Node): string => {
    const doc = comments.findLast(({ end, value }) => end <= start && value.startsWith("*"));
    return doc !== undefined && source.slice(doc.end, start).trim() === "" ? doc.value : "";
  };
  return (program.body as unknown as Node[]).flatMap((statement) => {
    const declared = statement["declaration"] as Node | null | undefined;
    if (statement.type !== "ExportNamedDeclaration" || !declared) return [];
    const name = String(Object(declared["id"]).name);
    if (declared.type === "FunctionDeclaration") return [{ name, doc: docBefore(statement), node: declared }];
    if (!["ClassDeclaration", "TSInterfaceDeclaration"].includes(declared.type)) return [];
    return childrenOf(declared["body"] as Node)
      .filter(({ key }) => Object(key).type === "Identifier")
      .map((node) => ({ name: `${name}.${Object(node["key"]).name}`, doc: docBefore(node), node }));
  });
}

/** The function of a method; a function itself. */
function functionOf(node: Node): Node {
  const value = node["value"] as Node | null | undefined;
  return value && isFunction(value) ? value : node;
}

/** Whether the code of a function throws an error of its own: one that it caught is not. */
function throws(node: Node): boolean {
  const caught: unknown[] = [];
  const visit = (one: Node): boolean => {
    if (one !== node && isFunction(one)) return false;
    if (one.type === "ThrowStatement") return !caught.includes(Object(one["argument"]).name);
    if (one.type === "CatchClause") caught.push(Object(one["param"]).name);
    if (one.type === "TryStatement" && one["handler"]) {
      const { handler, finalizer } = one as Node & { handler: Node; finalizer: Node | null };
      return visit(handler) || (finalizer !== null && visit(finalizer));
    }
    return childrenOf(one).some(visit);
  };
  return isFunction(node) && visit(node);
}

/** Whether a type is a number, a text, a boolean, or a choice of such values. */
function isPlain({ type, types }: Node): boolean {
  if (type === "TSUnionType") return (types as Node[]).every(isPlain);
  return ["TSNumberKeyword", "TSStringKeyword", "TSBooleanKeyword", "TSLiteralType"].includes(type);
}
