import type { ChatMessage } from "../../contract.ts";

/** Two messages of one person belong together when less time than this lies between them, in ms. */
const groupingTime = 5 * 60_000;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const characters = new Intl.Segmenter();

/** The hour and minute of a time in ms since 1970. */
export function formatTime(at: number): string {
  return clock.format(at);
}

/** The first letter of a name, for the round picture beside a message. */
export function initialOfName(name: string): string {
  const [first] = characters.segment(name);
  return first?.segment.toUpperCase() ?? "";
}

/** Whether a message continues the previous one: the same person sent both within five minutes. The page then shows the name once. */
export function continuesMessage(
  message: Pick<ChatMessage, "from" | "at">,
  previous: Pick<ChatMessage, "from" | "at">,
): boolean {
  return message.from === previous.from && message.at - previous.at < groupingTime;
}
