import type { ReactNode } from "react";
import { hueOf } from "../hue.ts";
import { inOrder } from "../people-order.ts";
import { withHue } from "./line.tsx";

/** Who is here, with `me` first. */
export function People({ names, me }: { readonly names: readonly string[]; readonly me: string }): ReactNode {
  return (
    <aside aria-labelledby="people-title">
      <h2 id="people-title">Here now · {names.length}</h2>
      <ul id="people">
        {inOrder(names, me).map((name) => (
          <li key={name} className="person" style={withHue(hueOf(name))}>
            <bdi>{name}</bdi>
            {name === me && <span className="you">you</span>}
          </li>
        ))}
      </ul>
    </aside>
  );
}
