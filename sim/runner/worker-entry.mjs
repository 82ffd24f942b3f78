// The entry of a worker thread. It is plain JavaScript, because no loader compiles TypeScript yet. Loaders run in this
// order: the mutant changes a module's source, tsx compiles the source, and the other loaders change the result.
import { register } from "node:module";
import { workerData } from "node:worker_threads";
import { register as registerTypeScript } from "tsx/esm/api";

if (workerData.mutant) register("./mutant-loader.mjs", import.meta.url, { data: workerData.mutant });
registerTypeScript();
register("./skip-naming-loader.mjs", import.meta.url);
register("./server-date-loader.mjs", import.meta.url);
await import("./worker.ts");
