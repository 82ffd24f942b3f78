import { continuesMessage, formatTime, initialOfName } from "../shared/message-text.ts";
import { hueOfName } from "../shared/name-color.ts";
import { createElement } from "./dom.ts";

/** Creates the element of a chat message. `content` is its text or its picture, `at` its time in ms since 1970. */
export function createMessageElement(
  from: string,
  content: HTMLElement,
  at: number,
  isMine: boolean,
): HTMLLIElement {
  const element = createElement("li", isMine ? "line mine" : "line");
  element.dataset["from"] = from;
  element.dataset["at"] = String(at);
  element.style.setProperty("--hue", String(hueOfName(from)));
  const avatar = createElement("span", "face", initialOfName(from));
  avatar.setAttribute("aria-hidden", "true");
  const header = createElement("p", "who");
  const time = createElement("time", "", formatTime(at));
  time.dateTime = new Date(at).toISOString();
  header.append(createElement("bdi", "", from), time);
  element.append(avatar, header, content);
  return element;
}

/** Creates the text of a chat message. */
export function createTextElement(text: string): HTMLElement {
  const element = createElement("p", "text", text);
  element.dir = "auto";
  return element;
}

/** Whether a message continues the message above it, so that the page need not repeat the name. */
export function continuesElement(element: HTMLElement, above: Element | null): boolean {
  return above instanceof HTMLElement && continuesMessage(messageOf(element), messageOf(above));
}

function messageOf({ dataset }: HTMLElement): { readonly from: string; readonly at: number } {
  return { from: dataset["from"] ?? "", at: Number(dataset["at"]) };
}
