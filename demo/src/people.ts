import { hueOf } from "./hue.ts";
import { make, part } from "./part.ts";
import { inOrder } from "./people-order.ts";

const list = part("people", HTMLElement);
const title = part("people-title", HTMLElement);
const names = new Set<string>();

/** Shows exactly these people, with `me` first. */
export function showPeople(present: Iterable<string>, me: string): void {
  names.clear();
  for (const name of present) names.add(name);
  render(me);
}

/** Adds one person. */
export function addPerson(name: string, me: string): void {
  names.add(name);
  render(me);
}

/** Takes one person away. */
export function removePerson(name: string, me: string): void {
  names.delete(name);
  render(me);
}

function render(me: string): void {
  list.replaceChildren(
    ...inOrder(names, me).map((name) => {
      const row = make("li", "person");
      row.style.setProperty("--hue", String(hueOf(name)));
      row.append(make("bdi", "", name));
      if (name === me) row.append(make("span", "you", "you"));
      return row;
    }),
  );
  title.textContent = `Here now · ${names.size}`;
}
