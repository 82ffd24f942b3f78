import type { Line } from "../contract.ts";
import { continues, createLine, createWords } from "./line.ts";
import type { Look } from "./look.ts";
import { make, part } from "./part.ts";
import { createPicture, dropPictures } from "./picture.ts";
import { afterGrowth } from "./scroll.ts";

const earlier = part("earlier", HTMLElement);
const list = part("lines", HTMLElement);
const empty = part("empty", HTMLElement);
/** The ids of the lines that are shown. */
const known = new Set<string>();
let oldest: string | undefined;

/** Forgets everything, for another room. */
export function clearTranscript(): void {
  known.clear();
  oldest = undefined;
  for (const lines of [earlier, list]) {
    dropPictures(lines);
    lines.replaceChildren();
  }
  empty.hidden = false;
}

/** Whether a line is shown. */
export function isShown({ id }: Pick<Line, "id">): boolean {
  return known.has(id);
}

/** The id of the topmost line; undefined when there is none. */
export function oldestShown(): string | undefined {
  return oldest;
}

/** Adds a line unless it is there already; says whether it was new. */
export function addLine(line: Line, me: string, look: Look): boolean {
  if (isShown(line)) return false;
  oldest ??= line.id;
  const element = createElement(line, me, look);
  element.classList.toggle("follows", continues(element, list.lastElementChild ?? earlier.lastElementChild));
  append(element);
  return true;
}

/** Puts the lines of an earlier page above all others. */
export function addEarlier(lines: readonly Line[], me: string, look: Look): void {
  const below = earlier.firstElementChild ?? list.firstElementChild;
  let above: Element | null = null;
  for (const line of lines.filter((one) => !isShown(one))) {
    const element = createElement(line, me, look);
    element.classList.toggle("follows", continues(element, above));
    if (above) above.after(element);
    else earlier.prepend(element);
    above = element;
  }
  oldest = lines[0]?.id ?? oldest;
  if (below instanceof HTMLElement) below.classList.toggle("follows", continues(below, above));
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

function createElement({ id, from, text, at, picture }: Line, me: string, look: Look): HTMLLIElement {
  known.add(id);
  return createLine(
    from,
    picture ? createPicture(picture, text, look(id)) : createWords(text),
    at,
    from === me,
  );
}

function append(item: HTMLLIElement): void {
  list.append(item);
  empty.hidden = true;
  afterGrowth();
}
