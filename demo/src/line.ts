import { hueOf } from "./hue.ts";
import { goesOn, initialOf, timeOf } from "./line-text.ts";
import { make } from "./part.ts";

/** One line of the conversation on the page; `said` is what was said in it. */
export function createLine(from: string, said: HTMLElement, at: number, mine: boolean): HTMLLIElement {
  const line = make("li", mine ? "line mine" : "line");
  line.dataset["from"] = from;
  line.dataset["at"] = String(at);
  line.style.setProperty("--hue", String(hueOf(from)));
  const face = make("span", "face", initialOf(from));
  face.setAttribute("aria-hidden", "true");
  const who = make("p", "who");
  const time = make("time", "", timeOf(at));
  time.dateTime = new Date(at).toISOString();
  who.append(make("bdi", "", from), time);
  line.append(face, who, said);
  return line;
}

/** What was said in words. */
export function createWords(text: string): HTMLElement {
  const words = make("p", "text", text);
  words.dir = "auto";
  return words;
}

/** Whether a line goes on where the one above it stopped, so that the name need not be shown again. */
export function continues(line: HTMLElement, above: Element | null): boolean {
  return above instanceof HTMLElement && goesOn(said(line), said(above));
}

function said({ dataset }: HTMLElement): { readonly from: string; readonly at: number } {
  return { from: dataset["from"] ?? "", at: Number(dataset["at"]) };
}
