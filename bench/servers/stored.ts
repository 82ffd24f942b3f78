/** Our server, with the store that BENCH_STORE names. With BENCH_STORE_DELAY the store answers so many ms later. */
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { appOptions } from "./app-options.ts";
import { serveBench } from "./control.ts";
import { answerLater, observeStore } from "./observe-store.ts";
import { openStore, storePrefix } from "./open-store.ts";
import { serveContracts } from "./serve-contracts.ts";

const delay = process.env["BENCH_STORE_DELAY"];
let calls = 0;
const opened = await openStore();
const store =
  opened &&
  observeStore(opened, (_, call) => {
    calls += 1;
    return delay === undefined ? call() : answerLater(call, Number(delay));
  });
const app = createApp({ ...appOptions, store });
serveContracts(app);

const server = await serve(app, { port: 0, host: "127.0.0.1" });
serveBench(server.port, {
  /** How often the server has called its store. */
  calls: () => calls,
  /** What another process needs to share the store. */
  prefix: () => storePrefix,
});
