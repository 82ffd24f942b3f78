import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("node_modules/", import.meta.url));

/** Puts React 18 in the place of the newest one, for Vite: the hooks promise to work with both. */
export const react18 = [{ find: /^(?=react(-dom)?(\/|$))/, replacement: folder }];
