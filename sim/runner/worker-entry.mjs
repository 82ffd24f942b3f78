// Where a worker thread begins. Plain JavaScript, for nothing reads TypeScript yet: first comes what breaks a module,
// then tsx, which is handed the broken source; what it makes of it is made cheaper at last.
import { register } from "node:module";
import { workerData } from "node:worker_threads";
import { register as registerTypeScript } from "tsx/esm/api";

if (workerData.mutant) register("./mutant-loader.mjs", import.meta.url, { data: workerData.mutant });
registerTypeScript();
register("./skip-naming-loader.mjs", import.meta.url);
register("./server-date-loader.mjs", import.meta.url);
await import("./worker.ts");
