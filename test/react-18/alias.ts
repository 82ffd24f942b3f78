import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("node_modules/", import.meta.url));

/** Makes Vite resolve `react` to React 18, since the hooks support both versions. */
export const react18 = [{ find: /^(?=react(-dom)?(\/|$))/, replacement: folder }];
