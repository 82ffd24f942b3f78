import type { ChatMessage } from "../../contract.ts";
import { gapText } from "../shared/history-text.ts";
import type { LoadPicture } from "../shared/picture-loader.ts";
import { createElement, elementById } from "./dom.ts";
import { continuesElement, createMessageElement, createTextElement } from "./message-element.ts";
import { createPictureElement, releasePictures } from "./pictures/picture-element.ts";
import { scrollAfterAppend } from "./scroll.ts";

const earlierList = elementById("earlier", HTMLElement);
const newestList = elementById("lines", HTMLElement);
const emptyNote = elementById("empty", HTMLElement);
/** The ids of the messages on the page. */
const shownIds = new Set<string>();
let oldestId: string | undefined;

/** Removes all messages and notices, for another room. */
export function clearTranscript(): void {
  shownIds.clear();
  oldestId = undefined;
  for (const list of [earlierList, newestList]) {
    releasePictures(list);
    list.replaceChildren();
  }
  emptyNote.hidden = false;
}

/** Whether the page shows this message. */
export function isShown({ id }: Pick<ChatMessage, "id">): boolean {
  return shownIds.has(id);
}

/** The id of the oldest message on the page; undefined when the page has no message. */
export function oldestShownId(): string | undefined {
  return oldestId;
}

/**
 * Adds a message below the others, unless the page shows it already.
 * @returns whether the message is new.
 */
export function appendMessage(message: ChatMessage, me: string, loadPicture: LoadPicture): boolean {
  if (isShown(message)) return false;
  oldestId ??= message.id;
  const element = createMessage(message, me, loadPicture);
  const above = newestList.lastElementChild ?? earlierList.lastElementChild;
  element.classList.toggle("follows", continuesElement(element, above));
  append(element);
  return true;
}

/** Adds the messages of an earlier page above the others. */
export function prependMessages(
  messages: readonly ChatMessage[],
  me: string,
  loadPicture: LoadPicture,
): void {
  const below = earlierList.firstElementChild ?? newestList.firstElementChild;
  let above: Element | null = null;
  for (const message of messages.filter((each) => !isShown(each))) {
    const element = createMessage(message, me, loadPicture);
    element.classList.toggle("follows", continuesElement(element, above));
    if (above) above.after(element);
    else earlierList.prepend(element);
    above = element;
  }
  oldestId = messages[0]?.id ?? oldestId;
  if (below instanceof HTMLElement) below.classList.toggle("follows", continuesElement(below, above));
}

/** Adds a notice that a person has joined or left. It replaces a notice about the same person directly above it. */
export function addPersonNotice(name: string, change: "joined" | "left"): void {
  const last = newestList.lastElementChild;
  const replaces = last instanceof HTMLElement && last.dataset["about"] === name;
  if (replaces) last.remove();
  const notice = createElement("li", "notice");
  notice.dataset["about"] = name;
  notice.append(createElement("bdi", "", name), replaces && change === "joined" ? " is back" : ` ${change}`);
  append(notice);
}

/** Adds a notice that the page has missed messages. */
export function addGapNotice(): void {
  append(createElement("li", "notice", gapText));
}

function createMessage(message: ChatMessage, me: string, loadPicture: LoadPicture): HTMLLIElement {
  const { id, from, text, at, picture } = message;
  shownIds.add(id);
  const content = picture ? createPictureElement(picture, text, loadPicture(id)) : createTextElement(text);
  return createMessageElement(from, content, at, from === me);
}

function append(item: HTMLLIElement): void {
  newestList.append(item);
  emptyNote.hidden = true;
  scrollAfterAppend();
}
