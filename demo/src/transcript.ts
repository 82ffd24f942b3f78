import type { Line } from "../contract.ts";
import { continues, createLine } from "./line.ts";
import { make, part } from "./part.ts";
import { afterGrowth } from "./scroll.ts";

const list = part("lines", HTMLElement);
const empty = part("empty", HTMLElement);
const known = new Set<string>();

/** Forgets everything, for another room. */
export function clearTranscript(): void {
  known.clear();
  list.replaceChildren();
  empty.hidden = false;
}

/** Adds a line unless it is there already; says whether it was new. */
export function addLine({ id, from, text, at }: Line, me: string): boolean {
  if (known.has(id)) return false;
  known.add(id);
  const line = createLine(from, text, at, from === me);
  line.classList.toggle("follows", continues(line, list.lastElementChild));
  append(line);
  return true;
}

/** Adds a remark about someone, in the place of the last one if that was about the same person. */
export function addNotice(name: string, what: "joined" | "left"): void {
  const last = list.lastElementChild;
  const again = last instanceof HTMLElement && last.dataset["about"] === name;
  if (again) last.remove();
  const notice = make("li", "notice");
  notice.dataset["about"] = name;
  notice.append(make("bdi", "", name), again && what === "joined" ? " is back" : ` ${what}`);
  append(notice);
}

function append(item: HTMLLIElement): void {
  list.append(item);
  empty.hidden = true;
  afterGrowth();
}
