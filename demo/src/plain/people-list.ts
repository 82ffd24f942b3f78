import { hueOfName } from "../shared/name-color.ts";
import { sortPeople } from "../shared/sort-people.ts";
import { createElement, elementById } from "./dom.ts";

const list = elementById("people", HTMLElement);
const title = elementById("people-title", HTMLElement);

/** Shows exactly these people, the user's own name `me` first. */
export function showPeople(names: readonly string[], me: string): void {
  list.replaceChildren(
    ...sortPeople(names, me).map((name) => {
      const item = createElement("li", "person");
      item.style.setProperty("--hue", String(hueOfName(name)));
      item.append(createElement("bdi", "", name));
      if (name === me) item.append(createElement("span", "you", "you"));
      return item;
    }),
  );
  title.textContent = `Here now · ${names.length}`;
}
