import type { Figure, Results } from "../run/results.ts";
import { figureOf, ratioOf, valueOf } from "../run/results.ts";
import { median } from "../run/sample.ts";

/** Above this share of a core the load generator may have been what a work waited for. */
const busy = 0.9;

/** Prints the figures of a work as a table in Markdown. */
export function tableOf(results: Pick<Results, "figures">, work: string): string {
  const figures = results.figures.filter((figure) => figure.work === work);
  const [first] = figures;
  if (!first) return "";
  const more = [...new Set(figures.flatMap(({ samples }) => Object.keys(samples[0]?.more ?? {})))];
  const rows = figures.map((figure) => rowOf(figure, figureOf(results, work, figure.base), more));
  const head = [
    "server",
    first.unit,
    `× ${first.base}`,
    "p50 µs",
    "p99 µs",
    "in V8's heap",
    ...more,
    "server busy",
    "generator busy",
    "",
  ];
  const wrong = figures.flatMap(({ subject, samples }) =>
    samples.flatMap((sample) => (sample.wrong === undefined ? [] : [`- WRONG, ${subject}: ${sample.wrong}`])),
  );
  return [`### ${work}`, "", ...alignRows([head, ...rows]), ...(wrong.length > 0 ? ["", ...wrong] : [])].join(
    "\n",
  );
}

function rowOf(figure: Figure, base: Figure | undefined, more: readonly string[]): string[] {
  const { subject, samples } = figure;
  const middle = (read: (sample: Figure["samples"][number]) => number | undefined): number | undefined => {
    const values = samples.map(read).filter((value) => value !== undefined);
    return values.length > 0 ? median(values) : undefined;
  };
  const [server, generator] = [
    middle((sample) => sample.serverLoad),
    middle((sample) => sample.generatorLoad),
  ];
  const isGeneratorBusy = generator !== undefined && generator > busy && generator > (server ?? 0);
  return [
    subject,
    number(valueOf(figure)),
    base ? ratio(ratioOf(figure, base)) : "",
    number(middle((sample) => sample.p50)),
    number(middle((sample) => sample.p99)),
    number(middle((sample) => sample.heap)),
    ...more.map((name) => number(middle((sample) => sample.more?.[name]))),
    percent(server),
    percent(generator),
    isGeneratorBusy ? "the load generator was the bottleneck" : "",
  ];
}

/** Rows of a table in Markdown, whose first row is its head. */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const used = head
    .map((_, column) => column)
    .filter((column) => rows.some((row, at) => (at > 0 || column === 0) && row[column]));
  const widths = used.map((column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const lines = rows.map(
    (row) => `| ${used.map((column, at) => (row[column] ?? "").padEnd(widths[at] ?? 0)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0] ?? "", rule, ...lines.slice(1)];
}

/** A number with three digits that count. */
export function number(value: number | undefined): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return "–";
  const digits = Math.max(0, 3 - Math.ceil(Math.log10(Math.abs(value) + 1e-9)));
  return Number(value.toPrecision(Math.abs(value) < 1_000 ? 3 : 4)).toLocaleString("en", {
    maximumFractionDigits: Math.min(3, digits),
  });
}

/** A ratio. */
export function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 1) : "–";
}

function percent(value: number | undefined): string {
  return value === undefined ? "" : `${Math.round(value * 100)} %`;
}
