import { accessSync, constants } from "node:fs";

/** Whether the user may run the program at this path. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
