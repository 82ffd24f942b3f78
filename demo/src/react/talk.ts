import type { Line, Page, Said } from "../../contract.ts";

/** Someone came or went. */
type Notice = { readonly about: string; readonly what: "joined" | "left" | "is back" };

/** A line that is shown, with its picture if that was sent from here. */
export type Shown = Line & { readonly bytes?: Uint8Array<ArrayBuffer> | undefined };

/** A line of mine that the server has not shown to everyone yet. */
export type Outgoing = Pick<Line, "from" | "at"> & {
  readonly said: Said;
  /** On its way; or nobody has it, since the conversation was closed; or perhaps the server has; or it would not have it. */
  readonly is: "pending" | "kept" | "unknown" | "refused";
  /** Why it was sent back. */
  readonly why?: string | undefined;
};

/** All there is to see in a room. */
export type Talk = {
  /** The lines that were asked for, above the others. */
  readonly earlier: readonly Shown[];
  /** Whether there may be lines above them. */
  readonly more: boolean;
  readonly items: readonly (Shown | Notice)[];
  readonly people: readonly string[];
  readonly outgoing: readonly Outgoing[];
};

/** What changes it. */
export type Happening =
  | ({ readonly type: "entered"; readonly people: readonly string[] } & Page)
  | ({ readonly type: "earlier" } & Page)
  | { readonly type: "forgotten" }
  | { readonly type: "message"; readonly line: Line }
  | { readonly type: "joined" | "left"; readonly name: string; readonly quietly?: boolean | undefined }
  | ({ readonly type: "said"; readonly said: Said } & Pick<Line, "from" | "at">)
  | { readonly type: Outgoing["is"]; readonly id: string; readonly why?: string };

/** A room in which nothing has happened yet. */
export const silence: Talk = { earlier: [], more: false, items: [], people: [], outgoing: [] };

/** The room after something happened in it. */
export function after(talk: Talk, happening: Happening): Talk {
  const { items, people, outgoing } = talk;
  switch (happening.type) {
    case "entered": {
      const { lines, more, people } = happening;
      // One comes in, or was away for longer than a page: what is between is to be asked for.
      const anew = more && !lines.some((line) => isKnown(talk, line));
      const known = anew ? { ...talk, earlier: [], items: [], more } : talk;
      return { ...lines.reduce(withLine, known), people };
    }
    case "earlier": {
      const lines = happening.lines.filter((line) => !isKnown(talk, line));
      return { ...talk, earlier: [...lines, ...talk.earlier], more: happening.more };
    }
    case "forgotten":
      return { ...talk, more: false };
    case "message":
      return withLine(talk, happening.line);
    case "joined":
    case "left": {
      const others = people.filter((name) => name !== happening.name);
      return {
        ...talk,
        items: happening.quietly ? items : withNotice(items, happening.name, happening.type),
        people: happening.type === "joined" ? [...others, happening.name] : others,
      };
    }
    case "said": {
      const { said, from, at } = happening;
      return { ...talk, outgoing: [...outgoing, { said, from, at, is: "pending" }] };
    }
    default: {
      const { type, id, why } = happening;
      return {
        ...talk,
        outgoing: outgoing.map((line) =>
          line.said.id === id ? { ...line, is: type, ...(why !== undefined && { why }) } : line,
        ),
      };
    }
  }
}

/** Whether this line is shown already; the server may show it again to a page that comes back. */
export function isKnown({ earlier, items }: Talk, { id }: Line): boolean {
  return [...earlier, ...items].some((item) => "id" in item && item.id === id);
}

/** The topmost line. */
export function oldestOf({ earlier, items }: Talk): Line | undefined {
  return [...earlier, ...items].find((item) => "id" in item);
}

function withLine(talk: Talk, line: Line): Talk {
  const mine = talk.outgoing.find(({ said }) => said.id === line.id);
  return {
    ...talk,
    items: isKnown(talk, line) ? talk.items : [...talk.items, { ...line, bytes: mine?.said.picture?.bytes }],
    outgoing: talk.outgoing.filter((one) => one !== mine),
  };
}

/** A remark about someone comes in the place of the last one if that was about the same person. */
function withNotice(items: Talk["items"], about: string, what: "joined" | "left"): Talk["items"] {
  const last = items.at(-1);
  if (!last || !("about" in last) || last.about !== about) return [...items, { about, what }];
  return [...items.slice(0, -1), { about, what: what === "joined" ? "is back" : what }];
}
