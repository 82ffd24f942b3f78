import { hueOfName } from "../shared/name-color.ts";
import { sortPeople } from "../shared/sort-people.ts";
import { createElement, elementById } from "./dom.ts";

const list = elementById("people", HTMLElement);
const title = elementById("people-title", HTMLElement);
const names = new Set<string>();

/** Shows exactly these people, the user's own name `me` first. */
export function showPeople(people: Iterable<string>, me: string): void {
  names.clear();
  for (const name of people) names.add(name);
  render(me);
}

/** Adds a person to the list. */
export function addPerson(name: string, me: string): void {
  names.add(name);
  render(me);
}

/** Removes a person from the list. */
export function removePerson(name: string, me: string): void {
  names.delete(name);
  render(me);
}

function render(me: string): void {
  list.replaceChildren(
    ...sortPeople(names, me).map((name) => {
      const item = createElement("li", "person");
      item.style.setProperty("--hue", String(hueOfName(name)));
      item.append(createElement("bdi", "", name));
      if (name === me) item.append(createElement("span", "you", "you"));
      return item;
    }),
  );
  title.textContent = `Here now · ${names.size}`;
}
