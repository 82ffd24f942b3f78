/** Measures the cost of our types, and writes the page that records it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "./measure.ts";
import { pageName, pageOf } from "./page.ts";

writeFileSync(join(import.meta.dirname, "../..", pageName), pageOf(await measure()));
