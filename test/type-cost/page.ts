/** The page that records the cost of our types: one measurement writes it, and the next is compared with it. */
import { type Costs, programNames } from "./measure.ts";

/** The page, relative to the root. */
export const pageName = "docs/type-cost.md";

/** Writes the page that records these costs. */
export function pageOf(costs: Costs): string {
  const alone = costs["the schemas alone"].instantiations;
  const rows = programNames.map((name) => {
    const { instantiations, types, memory } = costs[name];
    return [name, instantiations, instantiations - alone, types, `${Math.round(memory / 1024)} MB`];
  });
  const table = [
    ["what is checked", "instantiations", "ours", "types", "memory"],
    Array(5).fill("---"),
    ...rows,
  ];
  return `# What our types cost the compiler

\`npm run type-cost\` writes this page. It checks the programs of [test/type-cost](../test/type-cost), a chat with an event,
a request and a stream, against our declarations. The compiler instantiates a generic type for each use with new arguments.
The number of instantiations is the same in every run, and grows before an editor becomes slow. The first row checks the
schemas of zod alone. The column "ours" has the instantiations that each other program adds, including those of the platform
types that it names.

${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

A test fails when a program needs over a tenth more instantiations than this page records.
`;
}

/** The faults of these costs, compared with the figures of a page. */
export function faultsOf(costs: Costs, page: string): string[] {
  return programNames.flatMap((name) => {
    const [, digits] = new RegExp(`^\\| ${name} \\| (\\d+) \\|`, "m").exec(page) ?? [];
    if (digits === undefined) return [`${pageName} has no figure for ${name}: npm run type-cost`];
    const { instantiations } = costs[name];
    if (instantiations <= Number(digits) * 1.1) return [];
    return [
      `${name} takes ${instantiations} instantiations; ${pageName} has ${digits}, and a tenth more is the limit. ` +
        "Make the types simpler; or, when they are worth it, run npm run type-cost and commit the page.",
    ];
  });
}
