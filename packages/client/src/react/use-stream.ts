import type {
  CallOutput,
  AnyContract,
  CallArguments,
  CallOptions,
  ClientMessages,
  HandlerUpload,
  StreamName,
} from "@symbolon/protocol";
import { useEffect } from "react";
import type { Client } from "../client.ts";
import { useTask } from "./use-task.ts";

/** The streams that need nothing but an input: an upload can be sent once, and a component may be mounted twice. */
export type InputStreamName<C extends AnyContract> = {
  [Name in StreamName<ClientMessages<C>>]: unknown extends HandlerUpload<ClientMessages<C>[Name]>
    ? Name
    : never;
}[StreamName<ClientMessages<C>>];

/** How a component reads a stream. */
export interface UseStreamOptions {
  /** How many items are kept, the last ones. Default 100. */
  readonly keep?: number;
  /** Ends the stream with `TIMEOUT` when it is not over after so many ms. Default: never. */
  readonly timeout?: number;
}

/** A stream of a component: what came of it so far, and how to begin it again. */
export interface StreamState<Item> {
  /** The last items, the oldest first. */
  readonly items: readonly Item[];
  /** Why the stream failed: what `client.stream` throws. */
  readonly error: unknown;
  /** True until the stream has ended or failed. */
  readonly running: boolean;
  /** Asks the stream anew, without the items so far: after the connection was lost, for example. */
  readonly restart: () => void;
}

type StreamProgress<Item> = Omit<StreamState<Item>, "restart">;
type Stream<Item> = (name: string, input: unknown, options: CallOptions) => AsyncIterable<Item>;

/**
 * The items of a stream, as they come. It is asked when the component is mounted, and anew for another client, name,
 * `keep`, `timeout` or value of `input`; it ends, at the server as well, when the component is unmounted. The server is
 * paced by how fast the items are rendered.
 */
export function useStream<C extends AnyContract, Name extends InputStreamName<C>>(
  client: Client<C>,
  name: Name,
  input: CallArguments<ClientMessages<C>, Name>[0],
  { keep = 100, timeout }: UseStreamOptions = {},
): StreamState<CallOutput<ClientMessages<C>, Name>> {
  type Item = CallOutput<ClientMessages<C>, Name>;
  // The input is checked where the hook is called; here it is only handed on, with a signal.
  const stream = client.stream as unknown as Stream<Item>;
  const first: StreamProgress<Item> = { items: [], error: undefined, running: true };
  const [read, again] = useTask<StreamProgress<Item>, []>(
    async (signal, say) => {
      say(first);
      let items: readonly Item[] = [];
      for await (const item of stream(name, input, { signal, ...(timeout !== undefined && { timeout }) }))
        say({ items: (items = [...items, item].slice(-keep)) });
      return {};
    },
    first,
    { running: false },
    [client, name, keyOf(input), keep, timeout],
  );
  useEffect(again, [again]);
  return { ...read, restart: again };
}

/** Equal for equal values of what a codec can carry. */
function keyOf(input: unknown): string {
  return JSON.stringify(input, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return value instanceof Map || value instanceof Set ? [...value] : value;
  });
}
