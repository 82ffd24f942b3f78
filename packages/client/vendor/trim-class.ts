import { type ESTree, type Plugin, Visitor } from "vite";

/** A piece of code, from one offset to another. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A member of a class, with the comments before it. */
interface Member extends Range {
  readonly name: string;
  /** Where the names of members stand in it: its own, and those that it refers to by `this` or the class. */
  readonly names: readonly (Range & { readonly name: string })[];
}

/** What of a class is kept. */
export interface TrimOptions {
  /** The members that are used from outside: what they reach stays. */
  readonly roots: readonly string[];
  /**
   * Members that never have an effect in this use, such as `_debug` or `_options.startClosed`: each statement that only
   * calls, compares or sets one is left out.
   */
  readonly idle: readonly string[];
  /** Options that are always given: their defaults are left out. */
  readonly given: readonly string[];
}

/** A piece of code, and the text that replaces it. */
interface Edit extends Range {
  readonly text: string;
}

/**
 * Makes a class smaller, which a bundler cannot do: leaves out the statements of idle members and the members that no root
 * reaches, with the local constants and the defaults of options that only those read. It gives private names to the members
 * that begin with an underscore, `#ws` for `_ws`.
 */
export function trimClass(className: string, { roots, idle, given }: TrimOptions): Plugin {
  return {
    name: "trim-class",
    renderChunk(code) {
      const { members, idleStatements } = readClass(className, idle, this.parse(code));
      const isIdle = (range: Range): boolean =>
        idleStatements.some((statement) => contains(statement, range));
      const reached = new Set(roots);
      // The iteration visits the names that are added meanwhile, too.
      for (const name of reached)
        for (const member of members)
          if (member.name === name)
            for (const used of member.names) if (!isIdle(used)) reached.add(used.name);
      const leftOut = [...idleStatements, ...members.filter(({ name }) => !reached.has(name))];
      const removed = leftOut
        .filter((range) => !leftOut.some((other) => other !== range && contains(other, range)))
        .map(({ start, end }) => ({ start, end, text: "" }));
      const renamed = members
        .filter(({ name }) => reached.has(name))
        .flatMap(({ names }) => names)
        .filter((used) => used.name.startsWith("_") && !isIdle(used))
        .map(({ start }) => ({ start, end: start + 1, text: "#" }));
      return removeUnread(edited(code, [...removed, ...renamed]), given, (text) => this.parse(text));
    },
  };
}

/** Leaves out the names of object patterns and the defaults that no code reads, then the constants of `DEFAULT`. */
function removeUnread(
  code: string,
  given: readonly string[],
  parse: (code: string) => ESTree.Program,
): string {
  const read = new Set<string>();
  const patterns: ESTree.ObjectPattern[] = [];
  const skipped = new Set<unknown>();
  new Visitor({
    ObjectPattern: (pattern) => {
      patterns.push(pattern);
      for (const property of pattern.properties) {
        if (property.type !== "Property") continue;
        skipped.add(property.key);
        skipped.add(property.value.type === "AssignmentPattern" ? property.value.left : property.value);
      }
    },
    MemberExpression: ({ property, computed }) => {
      if (!computed) skipped.add(property);
    },
    Property: ({ key }) => void skipped.add(key),
    Identifier: (identifier) => {
      if (!skipped.has(identifier)) read.add(identifier.name);
    },
  }).visit(parse(code));
  const unreadNames = patterns.flatMap(({ properties }) =>
    properties.filter(({ type, ...property }) => {
      const key = "key" in property ? property.key : undefined;
      return type === "Property" && key?.type === "Identifier" && !read.has(key.name);
    }),
  );
  const needless = patterns
    .flatMap(({ properties }) => properties)
    .flatMap((property) => {
      if (property.type !== "Property" || property.value.type !== "AssignmentPattern") return [];
      const { left, right } = property.value;
      return left.type === "Identifier" && given.includes(left.name)
        ? [{ start: left.end, end: right.end }]
        : [];
    });
  const text = edited(code, [
    ...unreadNames.map((name) => ({ ...withComma(code, name), text: "" })),
    ...needless.map((range) => ({ ...range, text: "" })),
  ]).replaceAll(/^\s*const \{\s*\} = .*;\n/gm, "");
  const defaults = [...text.matchAll(/DEFAULT\.(\w+)/g)].map(([, name]) => name);
  const unreadDefaults: Range[] = [];
  new Visitor({
    VariableDeclarator: ({ id, init }) => {
      if (id.type !== "Identifier" || id.name !== "DEFAULT" || init?.type !== "ObjectExpression") return;
      for (const property of init.properties)
        if (property.type === "Property" && property.key.type === "Identifier")
          if (!defaults.includes(property.key.name)) unreadDefaults.push(property);
    },
  }).visit(parse(text));
  return edited(
    text,
    unreadDefaults.map((range) => ({ ...withComma(text, range), text: "" })),
  );
}

/** An item of a list, with the comma after it. */
function withComma(code: string, { start, end }: Range): Range {
  return { start, end: end + (/^\s*,\s*/.exec(code.slice(end))?.[0] ?? "").length };
}

function edited(code: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code);
}

function contains(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The members of a class, and the statements in it that only use idle members. */
function readClass(
  className: string,
  idle: readonly string[],
  program: ESTree.Program,
): { readonly members: readonly Member[]; readonly idleStatements: readonly Range[] } {
  const members: (Member & { readonly names: (Range & { name: string })[] })[] = [];
  const idleStatements: Range[] = [];
  const isIdle = (expression: ESTree.Expression): boolean => {
    const path = pathOf(expression);
    return idle.some((member) => `${path}.`.startsWith(`this.${member}.`));
  };
  let inside = false;
  new Visitor({
    ClassExpression: ({ id, body }) => {
      if (id?.name !== className) return;
      inside = true;
      let start = body.start + 1;
      for (const member of body.body) {
        if ("key" in member && member.key.type === "Identifier")
          members.push({ name: member.key.name, start, end: member.end, names: [member.key] });
        start = member.end;
      }
    },
    "ClassExpression:exit": ({ id }) => {
      if (id?.name === className) inside = false;
    },
    ExpressionStatement: ({ expression, start, end }) => {
      if (inside && isIdle(expression)) idleStatements.push({ start, end });
    },
    IfStatement: ({ test, alternate, start, end }) => {
      if (inside && alternate === null && isIdle(test)) idleStatements.push({ start, end });
    },
    MemberExpression: ({ object, property }) => {
      const ofClass =
        object.type === "ThisExpression" || (object.type === "Identifier" && object.name === className);
      if (!inside || !ofClass || property.type !== "Identifier") return;
      members.find(({ start, end }) => start <= property.start && property.end <= end)?.names.push(property);
    },
  }).visit(program);
  return { members, idleStatements };
}

/** What an expression calls, sets or compares, if that belongs to `this`: "this.ws.close" of `this.ws.close()`. */
function pathOf(expression: ESTree.Expression): string {
  switch (expression.type) {
    case "ThisExpression":
      return "this";
    case "CallExpression": {
      const { callee, arguments: given } = expression;
      // What `clearTimeout(this.timeout)` does belongs to `this.timeout`.
      return callee.type === "Identifier" && given[0]?.type === "MemberExpression"
        ? pathOf(given[0])
        : pathOf(callee);
    }
    case "BinaryExpression":
      return expression.left.type === "PrivateIdentifier" ? "" : pathOf(expression.left);
    case "UpdateExpression":
      return expression.argument.type === "MemberExpression" ? pathOf(expression.argument) : "";
    case "AssignmentExpression":
      return expression.left.type === "MemberExpression" ? pathOf(expression.left) : "";
    case "MemberExpression":
      return `${pathOf(expression.object)}.${expression.property.type === "Identifier" ? expression.property.name : ""}`;
    default:
      return "";
  }
}
