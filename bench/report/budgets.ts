/** The budgets: what our server must reach in a run. */
import { type Figure, figureOf, ratioOf, type Results, valueOf } from "../run/results.ts";
import { manySessionsIn } from "../works/stores/many-sessions.ts";
import { number, ratio } from "./table.ts";

/** A figure of a run: what a server needed for a work. */
type Place = readonly [work: string, subject: string];

/** One line of the budgets. */
interface Budget {
  /** Our server's figure. */
  readonly ours: Place;
  /** The figure that ours is divided by. Without it the figure itself has a bound. */
  readonly against?: Place;
  /** The bound, in the unit of the work or as a ratio. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

const [p1, p16] = ["JSON 128 B, p1", "JSON 128 B, p16"];
const idle = "memory of 10,000 idle";
const connects = "connect and close";
const members = "fan-out in a session, by members";
const sends = "awaited sends at once";
const latency = "latency at 16,000 messages a second";

const budgets: readonly Budget[] = [
  versus("echo 64 B, p1", "raw route", "ws", 0.95),
  versus("echo 64 B, p16", "raw route", "ws", 4),
  versus("echo 64 B, p16", "listener", "ws batched", 0.8),
  versus(p1, "event, session", "ws + zod", 0.85),
  versus(p16, "event, session", "ws + zod", 2),
  versus(p1, "event, plain", "ws + zod", 0.95),
  versus(p16, "event, plain", "ws + zod", 2.5),
  versus(p1, "request, session", "tRPC + zod", 1.6),
  versus(p16, "request, session", "tRPC + zod", 4),
  versus(p1, "request, session", "Socket.IO", 1),
  versus(p16, "request, session", "Socket.IO", 2),
  versus("fan-out to 1,000", "room, session", "ws", 1.1),
  versus("fan-out to 1,000", "room, session", "Socket.IO", 1.5),
  { ours: [idle, "raw route"], atMost: 9_000 },
  { ours: [idle, "session"], atMost: 14_000 },
  { ours: [idle, "detached session"], atMost: 4_000 },
  versus(connects, "raw route", "ws", 0.5),
  versus(connects, "raw route", "Socket.IO", 1.6),
  { ours: ["a paused reader", "stream, session"], atMost: 8 },
  { ours: [members, "100"], against: [members, "5,000"], atMost: 1.3 },
  { ours: [sends, "32,000"], against: [sends, "8,000"], atMost: 4.4 },
  { ours: ["resume storm of 5,000", "session"], atMost: 1_000 },
  { ours: [latency, "raw route"], against: [latency, "ws"], atMost: 1.2 },
  ...["memory", "Redis", "PostgreSQL"].flatMap((store) =>
    ["list of one principal", "revoke", "a node starts"].map((action): Budget => ({
      ours: [manySessionsIn(store), action],
      atMost: 10,
    })),
  ),
];

/** Our server must be so many times as good as another one at a work. */
function versus(work: string, ours: string, other: string, atLeast: number): Budget {
  return { ours: [work, ours], against: [work, other], atLeast };
}

/** Whether a line of the budgets is about a work, or about a server in it. */
export function isBudgeted(work: string, subject?: string): boolean {
  const places = budgets.flatMap(({ ours, against }) => (against ? [ours, against] : [ours]));
  return places.some(([name, server]) => name === work && (subject === undefined || server === subject));
}

/** The lines of a table in Markdown, without the lines whose works the run has left out. */
export function budgetRows(results: Pick<Results, "figures">): string[][] {
  return [
    ["work", "ours", "against", "is", "budget", "result"],
    ...budgets.flatMap((budget) => rowsOf(results, budget)),
  ];
}

function rowsOf(results: Pick<Results, "figures">, budget: Budget): string[][] {
  const { ours, against, atLeast, atMost } = budget;
  const figure = figureOf(results, ...ours);
  const other = against && figureOf(results, ...against);
  if (!figure || (against && !other)) return [];
  const value = other ? ratioOf(figure, other) : valueOf(figure);
  const isMet = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  const format = other ? ratio : number;
  return [
    [
      ours[0],
      ours[1],
      againstText(figure, against),
      format(value),
      atLeast === undefined ? `≤ ${format(atMost ?? NaN)}` : `≥ ${format(atLeast)}`,
      isMet ? "met" : "**missed**",
    ],
  ];
}

function againstText({ work, unit }: Figure, against: Place | undefined): string {
  if (!against) return unit;
  return against[0] === work ? against[1] : `${against[0]}, ${against[1]}`;
}
