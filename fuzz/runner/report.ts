import type { FuzzResult, FuzzSettings } from "./fuzz.ts";

/** Describes what was exercised and found. */
export function formatSummary({ seed }: FuzzSettings, result: FuzzResult): string {
  const { cases, seconds, findings, counts, longestTurn, repeat } = result;
  const sorted = Object.entries(counts).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    ...sorted.map(([name, count]) => `${String(count).padStart(10)}  ${name}`),
    `${cases} cases with seed ${seed} in ${seconds.toFixed()} s: ${(cases / seconds).toFixed()} a second`,
    `the longest turn used ${longestTurn.toFixed()} ms of processor time`,
    ...findings.map(
      ({ oracle, description, case: number }) => `FOUND by ${oracle} in case ${number}: ${description}`,
    ),
    ...(repeat === undefined ? [] : [`repeat it: ${repeat}`]),
    findings.length === 0 ? "nothing was found" : `${findings.length} findings`,
  ].join("\n");
}
