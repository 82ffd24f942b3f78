import type { Line, Said } from "../contract.ts";
import { continues, createLine, createWords } from "./line.ts";
import { newId } from "./new-id.ts";
import { make, part } from "./part.ts";
import { createPicture, dropPictures } from "./picture.ts";
import { afterGrowth, follow } from "./scroll.ts";

/** A line of mine that the server has not shown to everyone yet. */
type Outgoing = { readonly said: Said; readonly element: HTMLElement; readonly fate: HTMLElement; at: At };

/** Where it is: with the client, in a socket, in a socket that broke, or sent back by the server. */
type At = "kept" | "taken" | "unsure" | "refused";

/** Hands a line to the connection; settles when a socket has taken it. */
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
  const fate = make("p", "fate", "Pending");
  element.append(fate);
  element.classList.toggle("follows", continues(element, list.lastElementChild));
  list.append(element);
  lines.set(said.id, { said, element, fate, at: "kept" });
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

/** The connection broke: nobody can know what became of the lines in it. */
export function connectionLost(): void {
  for (const line of lines.values()) if (line.at === "taken") line.at = "unsure";
}

/** Back again: says once more what may be lost. The server and the pages keep one line per id. */
export function sayUnsureAgain(send: Send): void {
  for (const [id, line] of lines) if (line.at === "unsure") give(id, send);
}

/** A new conversation begins in place of one that is closed, and gets all that the old one did not deliver. */
export function sayAllAgain(send: Send): void {
  for (const [id, line] of lines) if (line.at !== "refused") give(id, send);
}

/** The server would not have this line. */
export function refused(id: string, why: string): void {
  const line = lines.get(id);
  if (!line) return;
  line.at = "refused";
  line.fate.textContent = `Not sent: ${why}`;
  line.element.classList.add("refused");
  afterGrowth();
}

function give(id: string, send: Send): void {
  const line = lines.get(id);
  if (!line) return;
  line.at = "kept";
  send(line.said).then(
    () => {
      if (line.at === "kept") line.at = "taken";
    },
    () => {}, // a closed conversation: the line stays pending for the next one
  );
}
