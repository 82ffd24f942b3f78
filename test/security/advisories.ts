import type { Row } from "./table.ts";
export const advisories: readonly Row[] = [];
