import { CloseError, OutcomeUnknown } from "@symbolon/client";
import type { ChatMessage, MessageDraft, NewMessage } from "../../contract.ts";
import { deliveryTexts, rejectionText } from "../shared/delivery-text.ts";
import { createMessageId } from "../shared/message-id.ts";
import { createElement, elementById, showFieldError } from "./dom.ts";
import { continuesElement, createMessageElement, createTextElement } from "./message-element.ts";
import { createPictureElement, releasePictures } from "./pictures/picture-element.ts";
import { scrollAfterAppend, scrollToEnd } from "./scroll.ts";

/** A message of the user that the server has not sent to the room yet. */
type PendingMessage = {
  readonly message: NewMessage;
  readonly element: HTMLElement;
  readonly statusElement: HTMLElement;
  /** Whether the client was closed before it sent the message. */
  isUnsent: boolean;
};

/** Sends a message by the client, which keeps it while there is no connection; settles when the server has handled it. */
type Send = (message: NewMessage) => PromiseLike<void>;

const list = elementById("pending", HTMLElement);
const pendingMessages = new Map<string, PendingMessage>();

/** Removes all pending messages, for another room. */
export function clearPendingMessages(): void {
  pendingMessages.clear();
  releasePictures(list);
  list.replaceChildren();
}

/** Shows a new message as pending, and sends it. */
export function sendMessage(me: string, draft: MessageDraft, send: Send): void {
  const message = { id: createMessageId(), ...draft };
  const { text, picture } = draft;
  const content = picture
    ? createPictureElement(picture, text, Promise.resolve(picture.bytes))
    : createTextElement(text);
  const element = createMessageElement(me, content, Date.now(), true);
  const statusElement = createElement("p", "fate");
  element.append(statusElement);
  element.classList.toggle("follows", continuesElement(element, list.lastElementChild));
  list.append(element);
  pendingMessages.set(message.id, { message, element, statusElement, isUnsent: true });
  scrollToEnd();
  sendPending(message.id, send);
}

/** Sends the messages that an earlier client was closed with, by the client that replaces it. */
export function sendUnsent(send: Send): void {
  for (const [id, { isUnsent }] of pendingMessages) if (isUnsent) sendPending(id, send);
}

/** Removes a pending message: the server has sent it to the room. */
export function removePending({ id }: Pick<ChatMessage, "id">): void {
  const pending = pendingMessages.get(id);
  if (!pending) return;
  releasePictures(pending.element);
  pending.element.remove();
  pendingMessages.delete(id);
}

/** The picture of a pending message; undefined when no pending message with this id has one. */
export function pendingPicture(id: string): Uint8Array<ArrayBuffer> | undefined {
  return pendingMessages.get(id)?.message.picture?.bytes;
}

function sendPending(id: string, send: Send): void {
  const pending = pendingMessages.get(id);
  if (!pending) return;
  const { message, element, statusElement } = pending;
  statusElement.textContent = deliveryTexts.pending;
  element.classList.remove("refused");
  pending.isUnsent = false;
  send(message).then(undefined, (error: unknown) => {
    pending.isUnsent = error instanceof CloseError;
    if (pending.isUnsent) return;
    element.classList.add("refused");
    if (error instanceof OutcomeUnknown)
      statusElement.replaceChildren(deliveryTexts.unknown, " ", createSendAgainButton(id, send));
    else {
      statusElement.textContent = `${deliveryTexts.rejected}: ${rejectionText(error)}`;
      showFieldError("text", rejectionText(error));
    }
    scrollAfterAppend();
  });
}

/** Creates a button that sends a message again. The id stays, so a page that has received the message shows it once. */
function createSendAgainButton(id: string, send: Send): HTMLElement {
  const button = createElement("button", "quiet", deliveryTexts.sendAgain);
  button.type = "button";
  button.addEventListener("click", () => sendPending(id, send));
  return button;
}
