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

/**
 * Makes a class smaller, which a bundler cannot do: leaves out the members that no member named in `roots` reaches, and
 * gives private names to those that begin with an underscore, `#ws` for `_ws`.
 */
export function trimClass(className: string, roots: readonly string[]): Plugin {
  return {
    name: "trim-class",
    renderChunk(code) {
      const members = membersOf(className, this.parse(code));
      const reached = new Set(roots);
      // The iteration visits the names that are added meanwhile, too.
      for (const name of reached)
        for (const member of members)
          if (member.name === name) for (const used of member.names) reached.add(used.name);
      const edits = members.flatMap(({ name, start, end, names }) =>
        reached.has(name)
          ? names
              .filter((used) => used.name.startsWith("_"))
              .map((used) => ({ start: used.start, end: used.start + 1, text: "#" }))
          : [{ start, end, text: "" }],
      );
      return edits
        .sort((one, other) => other.start - one.start)
        .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), code);
    },
  };
}

function membersOf(className: string, program: ESTree.Program): Member[] {
  const members: (Member & { readonly names: (Range & { name: string })[] })[] = [];
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
    MemberExpression: ({ object, property }) => {
      const ofClass =
        object.type === "ThisExpression" || (object.type === "Identifier" && object.name === className);
      if (!inside || !ofClass || property.type !== "Identifier") return;
      members.find(({ start, end }) => start <= property.start && property.end <= end)?.names.push(property);
    },
  }).visit(program);
  return members;
}
