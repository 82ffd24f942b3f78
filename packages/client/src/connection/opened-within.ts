import { RequestError } from "@symbolon/protocol";
import type { ConnectionStatus, Subscribable } from "./status.ts";
import { startTimer } from "./timer.ts";

/** What `openedWithin` needs of a client. */
interface OpeningClient {
  readonly opened: Promise<void>;
  readonly url: string;
  readonly status: Pick<Subscribable<ConnectionStatus>, "value">;
}

/**
 * Waits for `client.opened`, but no longer than `ms` ms. The client goes on trying after that: close it, or wait again.
 * @throws as a rejection: `RequestError` with `TIMEOUT` when the client is not open in time, with the server and the last failure
 * in its message; the error of `client.opened` when the client ends before.
 * @example
 * await openedWithin(client, 10_000);
 */
export async function openedWithin(client: OpeningClient, ms: number): Promise<void> {
  let stopTimer: (() => void) | undefined;
  const deadline = new Promise<never>((_, reject) => {
    stopTimer = startTimer(ms, () => {
      const { error: cause } = client.status.value;
      const server = client.url.replace(/\/\/[^/]*@/, "//").replace(/\?.*/, ""); // a user and a query may be credentials
      const failure = cause ? `: ${cause.message}` : "";
      const error = new RequestError(
        "TIMEOUT",
        `${server || "the server"} did not open within ${ms} ms${failure}`,
      );
      reject(Object.assign(error, { cause }));
    });
  });
  try {
    await Promise.race([client.opened, deadline]);
  } finally {
    stopTimer?.();
  }
}
