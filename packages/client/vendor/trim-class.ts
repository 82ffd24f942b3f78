import { type ESTree, type Plugin, Visitor } from "vite";

/** A piece of code, from one offset to another. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** An identifier. */
interface Name extends Range {
  readonly name: string;
}

/** A member of a class, with the comments before it. */
interface Member extends Name {
  /** Where the names of members stand in it: its own, and those that it refers to by `this` or the class. */
  readonly names: readonly Name[];
}

/** What to leave out of a class. */
export interface TrimOptions {
  /** The members that are used from outside. Members that none of them reaches are left out. */
  readonly used: readonly string[];
  /** Members, options, classes and types of values without a use. They are left out, with the statements and objects that refer to them. */
  readonly unused: readonly string[];
  /** Options that are always given: their defaults are left out. */
  readonly given: readonly string[];
  /** Conditions that always hold, as the compiled source has them. They are left out, with what is done otherwise. */
  readonly always: readonly string[];
  /** Conditions that never hold. They are left out, with what is done if they do. */
  readonly never: readonly string[];
}

/**
 * Makes a class smaller, which a bundler cannot do: leaves out what `options` names, and gives private names to the
 * members that begin with an underscore, `#ws` for `_ws`.
 */
export function trimClass(className: string, { used, unused, given, always, never }: TrimOptions): Plugin {
  return {
    name: "trim-class",
    enforce: "post",
    transform(code) {
      const program = this.parse(code);
      const members = membersOf(className, program);
      if (members.length === 0) return undefined;
      const decided = conditions(program, (test) => {
        const text = code.slice(test.start, test.end);
        return always.includes(text) ? true : never.includes(text) ? false : undefined;
      });
      const left = [...decided, ...leftOut(program, unused, given, decided)];
      const isLeft = (name: Range): boolean => left.some((range) => contains(range, name));
      const reached = new Set(used);
      // The iteration visits the names that are added meanwhile, too.
      for (const name of reached)
        for (const member of members)
          if (member.name === name)
            for (const other of member.names) if (!isLeft(other)) reached.add(other.name);
      left.push(...members.filter(({ name }) => !reached.has(name)));
      const edits = [
        ...left.filter((range) => !left.some((outer) => outer !== range && contains(outer, range))),
        ...members
          .flatMap(({ names }) => names)
          .filter((name) => name.name.startsWith("_") && !isLeft(name))
          .map(({ start }) => ({ start, end: start + 1, text: "#" })),
      ];
      return edits
        .sort((one, other) => other.start - one.start)
        .reduce(
          (text, { start, end, ...edit }) =>
            text.slice(0, start) + ("text" in edit ? edit.text : "") + text.slice(end),
          code,
        );
    },
  };
}

function contains(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/**
 * The members, properties, variables, parameters, arguments, statements and new objects that refer to an unused name, outside
 * of what is left out already, and the defaults of options that are always given.
 */
function leftOut(
  program: ESTree.Program,
  unused: readonly string[],
  given: readonly string[],
  already: readonly Range[],
): Range[] {
  const removable: Range[] = [];
  const names: Name[] = [];
  const defaults: Range[] = [];
  const patterns: { readonly statement: Range; readonly variables: readonly Range[] }[] = [];
  const add = (range: Range): void => void removable.push(range);
  new Visitor({
    PropertyDefinition: add,
    MethodDefinition: add,
    ExpressionStatement: add,
    IfStatement: add,
    NewExpression: add,
    FunctionExpression: ({ params }) => void removable.push(...itemsOf(params)),
    CallExpression: ({ arguments: list }) =>
      void removable.push(...itemsOf(list).filter((_, index) => list[index]?.type === "CallExpression")),
    VariableDeclaration: (statement) => {
      const [declarator] = statement.declarations;
      if (declarator?.id.type !== "ObjectPattern") return;
      const variables = itemsOf(declarator.id.properties);
      removable.push(...variables);
      patterns.push({ statement, variables });
    },
    ObjectExpression: ({ properties }) => void removable.push(...itemsOf(properties)),
    AssignmentPattern: ({ left, right }) => {
      if (left.type === "Identifier" && given.includes(left.name))
        defaults.push({ start: left.end, end: right.end });
    },
    Identifier: (identifier) => {
      if (unused.includes(identifier.name)) names.push(identifier);
    },
    Literal: ({ value, start, end }) => {
      if (typeof value === "string" && unused.includes(value)) names.push({ name: value, start, end });
    },
  }).visit(program);
  const remaining = names.filter((name) => !already.some((range) => contains(range, name)));
  const innermost = remaining.flatMap((name) =>
    removable
      .filter((range) => contains(range, name))
      .sort((one, other) => one.end - one.start - (other.end - other.start))
      .slice(0, 1),
  );
  const empty = patterns
    .filter(({ variables }) => variables.every((variable) => innermost.includes(variable)))
    .map(({ statement }) => statement);
  return [...new Set([...innermost, ...empty, ...defaults])];
}

/** What `if` and `? :` have besides the branch that runs, where `decide` knows whether their condition holds. */
function conditions(program: ESTree.Program, decide: (test: Range) => boolean | undefined): Range[] {
  const left: Range[] = [];
  const add = (choice: Range & { test: Range; consequent: Range; alternate: Range | null }): void => {
    const { start, end, test, consequent, alternate } = choice;
    const holds = decide(test);
    if (holds === undefined) return;
    const kept = (holds ? consequent : alternate) ?? { start: end, end };
    left.push({ start, end: kept.start }, { start: kept.end, end });
  };
  new Visitor({ IfStatement: add, ConditionalExpression: add }).visit(program);
  return left;
}

/** The items of a list, each with the comma and the space after it. */
function itemsOf(list: readonly Range[]): Range[] {
  return list.map(({ start, end }, index) => ({ start, end: list[index + 1]?.start ?? end }));
}

function membersOf(className: string, program: ESTree.Program): Member[] {
  const members: (Member & { readonly names: Name[] })[] = [];
  let inside = false;
  new Visitor({
    ClassDeclaration: ({ id, body }) => {
      if (id?.name !== className) return;
      inside = true;
      let start = body.start + 1;
      for (const member of body.body) {
        if ("key" in member && member.key.type === "Identifier")
          members.push({ name: member.key.name, start, end: member.end, names: [member.key] });
        start = member.end;
      }
    },
    "ClassDeclaration:exit": ({ id }) => {
      if (id?.name === className) inside = false;
    },
    MemberExpression: ({ object, property }) => {
      const ofClass =
        object.type === "ThisExpression" || (object.type === "Identifier" && object.name === className);
      if (!inside || !ofClass || property.type !== "Identifier") return;
      members.find((member) => contains(member, property))?.names.push(property);
    },
  }).visit(program);
  return members;
}
