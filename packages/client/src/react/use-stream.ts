import type {
  CallOutput,
  AnyContract,
  CallArguments,
  ClientMessages,
  HandlerUpload,
  StreamName,
} from "@symbolon/protocol";
import { useEffect } from "react";
import type { Client } from "../client.ts";
import { useTask } from "./use-task.ts";

/** The streams without an upload: a component may mount twice, and an upload can be sent only once. */
export type InputStreamName<C extends AnyContract> = {
  [Name in StreamName<ClientMessages<C>>]: unknown extends HandlerUpload<ClientMessages<C>[Name]>
    ? Name
    : never;
}[StreamName<ClientMessages<C>>];

/** How a component reads a stream. */
export interface UseStreamOptions {
  /**
   * Whether the hook asks for the stream. True starts it; false cancels it, at the server as well, and keeps its items.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Number of items to keep, the last ones.
   * @default 100
   */
  readonly keep?: number;
  /**
   * The stream fails with `TIMEOUT` when it has not ended after so many ms.
   * @default no timeout
   */
  readonly timeout?: number;
  /**
   * Whether the stream is asked again when the server has lost it, as `client.stream` does; its items then follow those that
   * are kept, and may repeat them.
   * @default "fail"
   */
  readonly onLost?: "fail" | "restart";
}

/** A stream of a component. */
export interface StreamState<Item> {
  /** The last items, the oldest first. A stream that `enabled` has cancelled keeps them until the next one starts. */
  readonly items: readonly Item[];
  /**
   * `streaming` until the stream has ended, also while there is no connection; then `done`, or `error` if it failed. `idle`
   * while `enabled` is false, unless `restart` has started the stream.
   */
  readonly status: "idle" | "streaming" | "done" | "error";
  /** Why the stream failed: what `client.stream` throws. Undefined unless `status` is `error`. */
  readonly error: unknown;
  /**
   * Starts the stream again, without items; for example after the session was lost. It starts the stream also while `enabled`
   * is false. The same function in every rendering.
   */
  readonly restart: () => void;
}

type Stream<Item> = (
  name: string,
  input: unknown,
  options: UseStreamOptions & { readonly signal: AbortSignal },
) => AsyncIterable<Item>;

/**
 * The items of a stream, as they arrive. The stream starts when the component mounts, and again for another client,
 * name, option or value of `input`. It ends, at the server as well, when the component unmounts. With `enabled: false` it
 * does not start by itself. The server sends as fast as the items are rendered.
 * @example
 * const { items, status, error, restart } = useStream(client, "prices", { symbol: "ABC" });
 */
export function useStream<C extends AnyContract, Name extends InputStreamName<C>>(
  client: Client<C>,
  name: Name,
  input: CallArguments<ClientMessages<C>, Name>[0],
  { enabled = true, keep = 100, ...options }: UseStreamOptions = {},
): StreamState<CallOutput<ClientMessages<C>, Name>> {
  type Item = CallOutput<ClientMessages<C>, Name>;
  type Progress = Omit<StreamState<Item>, "restart">;
  // The types check the input at the call of the hook; this only passes it on, with a signal.
  const stream = client.stream as unknown as Stream<Item>;
  const started: Progress = { items: [], status: "streaming", error: undefined };
  const idle = { status: "idle", error: undefined } as const;
  const [progress, restart, stop] = useTask<Progress, []>(
    {
      initial: { ...started, ...idle },
      async run(signal, update) {
        update(started);
        let items: readonly Item[] = [];
        for await (const item of stream(name, input, { signal, ...options }))
          update({ items: (items = [...items, item].slice(-keep)) });
        return {};
      },
      ended: { status: "done" },
      aborted: idle,
      failed: (error) => ({ status: "error", error }),
    },
    [client, name, keyOf(input), keep, keyOf(options)],
  );
  useEffect(() => {
    if (!enabled) return undefined;
    restart();
    return stop;
  }, [enabled, restart, stop]);
  // The stream starts when this rendering is mounted.
  const isStarting = enabled && progress.status === "idle";
  return { ...(isStarting ? started : progress), restart };
}

/** Equal for equal values of every type that a codec can carry. */
function keyOf(input: unknown): string {
  return JSON.stringify(input, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
}
