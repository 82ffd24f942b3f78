import { hueOf } from "./hue.ts";
import { make } from "./part.ts";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const letters = new Intl.Segmenter();

/** One line of the conversation on the page. */
export function createLine(from: string, text: string, at: number, mine: boolean): HTMLLIElement {
  const line = make("li", mine ? "line mine" : "line");
  line.dataset["from"] = from;
  line.dataset["at"] = String(at);
  line.style.setProperty("--hue", String(hueOf(from)));
  const [first] = letters.segment(from);
  const face = make("span", "face", first?.segment.toUpperCase());
  face.setAttribute("aria-hidden", "true");
  const who = make("p", "who");
  const time = make("time", "", clock.format(at));
  time.dateTime = new Date(at).toISOString();
  who.append(make("bdi", "", from), time);
  const words = make("p", "text", text);
  words.dir = "auto";
  line.append(face, who, words);
  return line;
}

/** Whether a line goes on where the one above it stopped, so that the name need not be shown again. */
export function continues(line: HTMLElement, above: Element | null): boolean {
  if (!(above instanceof HTMLElement) || above.dataset["from"] !== line.dataset["from"]) return false;
  return Number(line.dataset["at"]) - Number(above.dataset["at"]) < 5 * 60_000;
}
