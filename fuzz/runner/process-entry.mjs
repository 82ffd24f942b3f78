// The entry of a process that runs cases. It is plain JavaScript, because no loader compiles TypeScript yet.
import { register } from "node:module";
import { register as registerTypeScript } from "tsx/esm/api";

const { mutant } = JSON.parse(process.argv[2]);
if (mutant) register("../../sim/runner/mutant-loader.mjs", import.meta.url, { data: mutant });
registerTypeScript();
register("../../sim/runner/skip-naming-loader.mjs", import.meta.url);
await import("./batch-process.ts");
