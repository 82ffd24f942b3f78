import type { Line } from "../../contract.ts";

/** Someone came or went. */
type Notice = { readonly about: string; readonly what: "joined" | "left" | "is back" };

/** A line of mine that the server has not shown to everyone yet. */
type Outgoing = Line & {
  /** Where it is: with the client, in a socket, in a socket that broke, or sent back by the server. */
  readonly is: "kept" | "taken" | "unsure" | "refused";
  /** Why it was sent back. */
  readonly why?: string;
};

/** All there is to see in a room. */
export type Talk = {
  readonly items: readonly (Line | Notice)[];
  readonly people: readonly string[];
  readonly outgoing: readonly Outgoing[];
};

/** What changes it. */
export type Happening =
  | { readonly type: "entered"; readonly lines: readonly Line[]; readonly people: readonly string[] }
  | { readonly type: "message"; readonly line: Line }
  | { readonly type: "joined" | "left"; readonly name: string }
  | { readonly type: "said"; readonly line: Line }
  | { readonly type: "kept" | "taken" | "refused"; readonly id: string; readonly why?: string }
  | { readonly type: "lost" | "ended" };

/** A room in which nothing has happened yet. */
export const silence: Talk = { items: [], people: [], outgoing: [] };

/** The room after something happened in it. */
export function after(talk: Talk, happening: Happening): Talk {
  const { items, people, outgoing } = talk;
  switch (happening.type) {
    case "entered":
      return { ...happening.lines.reduce(withLine, talk), people: happening.people };
    case "message":
      return withLine(talk, happening.line);
    case "joined":
    case "left": {
      const others = people.filter((name) => name !== happening.name);
      return {
        ...talk,
        items: withNotice(items, happening.name, happening.type),
        people: happening.type === "joined" ? [...others, happening.name] : others,
      };
    }
    case "said":
      return { ...talk, outgoing: [...outgoing, { ...happening.line, is: "kept" }] };
    case "kept":
    case "taken":
    case "refused": {
      const { type, id, why } = happening;
      return {
        ...talk,
        outgoing: outgoing.map((line) => {
          // A socket may take a line after it broke, or after the server has answered it.
          if (line.id !== id || (type === "taken" && line.is !== "kept")) return line;
          return { ...line, is: type, ...(why !== undefined && { why }) };
        }),
      };
    }
    default: {
      // Lost, and the client says again what it kept; or ended, and what it kept is nobody's.
      const unsure = happening.type === "ended" ? ["kept", "taken"] : ["taken"];
      return {
        ...talk,
        outgoing: outgoing.map((line) => (unsure.includes(line.is) ? { ...line, is: "unsure" } : line)),
      };
    }
  }
}

/** Whether this line is shown already; the server may show it again to a page that comes back. */
export function isKnown({ items }: Talk, { id }: Line): boolean {
  return items.some((item) => "id" in item && item.id === id);
}

function withLine(talk: Talk, line: Line): Talk {
  return {
    ...talk,
    items: isKnown(talk, line) ? talk.items : [...talk.items, line],
    outgoing: talk.outgoing.filter(({ id }) => id !== line.id),
  };
}

/** A remark about someone comes in the place of the last one if that was about the same person. */
function withNotice(items: Talk["items"], about: string, what: "joined" | "left"): Talk["items"] {
  const last = items.at(-1);
  if (!last || !("about" in last) || last.about !== about) return [...items, { about, what }];
  return [...items.slice(0, -1), { about, what: what === "joined" ? "is back" : what }];
}
