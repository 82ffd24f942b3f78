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
  /** Members that never have an effect in this use: each statement that only calls, tests or sets one is left out. */
  readonly idle: readonly string[];
}

/**
 * Makes a class smaller, which a bundler cannot do: leaves out the statements of idle members and the members that no root
 * reaches, and gives private names to those that begin with an underscore, `#ws` for `_ws`.
 */
export function trimClass(className: string, { roots, idle }: TrimOptions): Plugin {
  return {
    name: "trim-class",
    renderChunk(code) {
      const { members, idleStatements } = readClass(className, idle, this.parse(code));
      const isIdle = (range: Range): boolean => idleStatements.some((statement) => contains(statement, range));
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
      return [...removed, ...renamed]
        .sort((one, other) => other.start - one.start)
        .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code);
    },
  };
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
      if (inside && idle.includes(memberOf(expression))) idleStatements.push({ start, end });
    },
    IfStatement: ({ test, alternate, start, end }) => {
      if (inside && alternate === null && idle.includes(memberOf(test))) idleStatements.push({ start, end });
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

/** The member of `this` that an expression calls, sets or reads: "ws" of `this.ws.close()`; "" for another expression. */
function memberOf(expression: ESTree.Expression): string {
  if (expression.type === "CallExpression") return memberOf(expression.callee);
  if (expression.type === "AssignmentExpression" && expression.left.type === "MemberExpression")
    return memberOf(expression.left);
  if (expression.type !== "MemberExpression") return "";
  const { object, property } = expression;
  return object.type === "ThisExpression" && property.type === "Identifier"
    ? property.name
    : memberOf(object);
}
