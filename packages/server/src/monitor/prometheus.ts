/** A metric: a name, what it is, and its samples. */
export interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  /** What it counts or measures, with its unit. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** A value of a metric, for these labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The media type of the text format 0.0.4 of Prometheus. */
export const prometheusType = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats). */
export function writePrometheus(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, type, help, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels = {}, value }) => `${name}${writeLabels(labels)} ${value}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function writeLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value
    .replaceAll("\\", String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll("\n", String.raw`\n`);
}
