import type { ReactNode } from "react";
import { sortPeople } from "../shared/sort-people.ts";
import { colorStyle } from "./message.tsx";

/** The properties of a `PeopleList`. */
type PeopleListProps = {
  readonly names: readonly string[];
  /** The user's own name. */
  readonly me: string;
};

/** The people in the room, the user first. */
export function PeopleList({ names, me }: PeopleListProps): ReactNode {
  return (
    <aside aria-labelledby="people-title">
      <h2 id="people-title">Here now · {names.length}</h2>
      <ul id="people">
        {sortPeople(names, me).map((name) => (
          <li key={name} className="person" style={colorStyle(name)}>
            <bdi>{name}</bdi>
            {name === me && <span className="you">you</span>}
          </li>
        ))}
      </ul>
    </aside>
  );
}
