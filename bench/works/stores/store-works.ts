/** Everything that `--stores` measures. */
import type { Work } from "../../run/work.ts";
import { commitsWork } from "./commits.ts";
import { delayWorks, eventWorks } from "./events.ts";
import { fanOutWork } from "./fan-out.ts";
import { manySessionsWorks } from "./many-sessions.ts";
import { storeSubjects, withoutStore } from "./subjects.ts";

/** The works of the stores; `urls` has the addresses of the databases that run. */
export function storeWorks(urls: Readonly<Record<string, string>>): readonly Work[] {
  const stores = storeSubjects(urls);
  return [
    commitsWork(stores),
    ...eventWorks([withoutStore, ...stores]),
    fanOutWork([withoutStore, ...stores]),
    ...delayWorks(),
    ...manySessionsWorks(stores.filter(({ name }) => name !== "file")),
  ];
}
