import type { Row } from "./table.ts";
export const lines: readonly Row[] = [{ id: "S1", text: "x" }];
