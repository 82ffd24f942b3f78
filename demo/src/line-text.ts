import type { Line } from "../contract.ts";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const letters = new Intl.Segmenter();

/** The hour and minute of a moment, which is in milliseconds since 1970. */
export function timeOf(at: number): string {
  return clock.format(at);
}

/** The letter that stands for a name. */
export function initialOf(name: string): string {
  const [first] = letters.segment(name);
  return first?.segment.toUpperCase() ?? "";
}

/** Whether a line goes on where the one above it stopped, so that the name need not be shown again. */
export function goesOn(line: Pick<Line, "from" | "at">, above: Pick<Line, "from" | "at">): boolean {
  return line.from === above.from && line.at - above.at < 5 * 60_000;
}
