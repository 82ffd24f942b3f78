import type { Connection } from "./connection.ts";
import { ServerFrames } from "./server-frames.ts";

/**
 * Waits for the first message, and returns it.
 * @throws as a rejection: when it begins with another text.
 */
export function waitForText(connection: Connection, beginning: string): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.onEnd = reject;
    const frames = new ServerFrames((bytes, start, end) => {
      const text = bytes.toString("utf8", start, end);
      if (text.startsWith(beginning)) resolve(text);
      else reject(new Error(`expected ${beginning}, received ${text.slice(0, 200)}`));
    });
    connection.listen((bytes) => frames.receive(bytes));
  });
}
