import { CloseError, OutcomeUnknown } from "@symbolon/client";
import type { Line, Said } from "../contract.ts";
import { fates, reasonOf } from "./fate.ts";
import { showError } from "./field-error.ts";
import { continues, createLine, createWords } from "./line.ts";
import { newId } from "./new-id.ts";
import { make, part } from "./part.ts";
import { createPicture, dropPictures } from "./picture.ts";
import { afterGrowth, follow } from "./scroll.ts";

/** A line of mine that the server has not shown to everyone yet. */
type Outgoing = {
  readonly said: Said;
  readonly element: HTMLElement;
  readonly fate: HTMLElement;
  /** Nobody has it: the conversation was closed before it was sent. */
  kept: boolean;
};

/** Hands a line to the client, which keeps it while it is away; settles when the server has handled it. */
type Send = (said: Said) => PromiseLike<void>;

const list = part("pending", HTMLElement);
const lines = new Map<string, Outgoing>();

/** Forgets everything, for another room. */
export function clearOutgoing(): void {
  lines.clear();
  dropPictures(list);
  list.replaceChildren();
}

/** Shows a new line as pending and sends it. */
export function sayLine(me: string, words: Omit<Said, "id">, send: Send): void {
  const said = { id: newId(), ...words };
  const { text, picture } = words;
  const shown = picture ? createPicture(picture, text, Promise.resolve(picture.bytes)) : createWords(text);
  const element = createLine(me, shown, Date.now(), true);
  const fate = make("p", "fate");
  element.append(fate);
  element.classList.toggle("follows", continues(element, list.lastElementChild));
  list.append(element);
  lines.set(said.id, { said, element, fate, kept: true });
  follow();
  give(said.id, send);
}

/** The picture of a line that is pending. */
export function pendingPicture(id: string): Uint8Array<ArrayBuffer> | undefined {
  return lines.get(id)?.said.picture?.bytes;
}

/** The server has shown this line to everyone: it is pending no more. */
export function arrived({ id }: Pick<Line, "id">): void {
  const line = lines.get(id);
  if (!line) return;
  dropPictures(line.element);
  line.element.remove();
  lines.delete(id);
}

/** A new conversation begins in place of one that is closed, and gets all that the old one did not send. */
export function sayKeptAgain(send: Send): void {
  for (const [id, { kept }] of lines) if (kept) give(id, send);
}

function give(id: string, send: Send): void {
  const line = lines.get(id);
  if (!line) return;
  line.fate.textContent = fates.pending;
  line.element.classList.remove("refused");
  line.kept = false;
  send(line.said).then(undefined, (error: unknown) => {
    line.kept = error instanceof CloseError;
    if (line.kept) return;
    line.element.classList.add("refused");
    if (error instanceof OutcomeUnknown) line.fate.replaceChildren(fates.unknown, " ", again(id, send));
    else {
      line.fate.textContent = `${fates.refused}: ${reasonOf(error)}`;
      showError("text", reasonOf(error));
    }
    afterGrowth();
  });
}

/** A way to say a line again that may be lost; whoever has it already sees it once. */
function again(id: string, send: Send): HTMLElement {
  const button = make("button", "quiet", fates.again);
  button.type = "button";
  button.addEventListener("click", () => give(id, send));
  return button;
}
