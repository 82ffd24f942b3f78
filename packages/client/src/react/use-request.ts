import type {
  CallOutput,
  AnyContract,
  CallArguments,
  CallOptions,
  ClientMessages,
  RequestName,
} from "@symbolon/protocol";
import type { Client } from "../client.ts";
import { useTask } from "./use-task.ts";

/** A request of a component, and the result of the last call. */
export interface RequestState<Arguments extends readonly unknown[], Reply> {
  /** Sends the request, and cancels the call before. The same function in every rendering; it never throws. */
  readonly execute: (...call: Arguments) => void;
  /** The last reply. It stays while the next call is pending, and when that fails. */
  readonly data: Reply | undefined;
  /** Why the last call failed: what `client.request` rejects with. Undefined while a call is pending. */
  readonly error: unknown;
  /** True from `execute` to the reply or the failure, also while there is no connection. */
  readonly isPending: boolean;
}

/**
 * A request that is sent when `execute` is called. Only the last call counts: an earlier one is cancelled, at the server
 * as well, and so is a pending one when the component unmounts. Another client or name starts with an empty state.
 * @example
 * const { execute, data, error, isPending } = useRequest(client, "history");
 */
export function useRequest<C extends AnyContract, Name extends RequestName<ClientMessages<C>>>(
  client: Client<C>,
  name: Name,
): RequestState<CallArguments<ClientMessages<C>, Name>, CallOutput<ClientMessages<C>, Name>> {
  type Arguments = CallArguments<ClientMessages<C>, Name>;
  type Reply = CallOutput<ClientMessages<C>, Name>;
  // The types check the input at the call of `execute`; this only passes it on, with a signal.
  const request = client.request as (name: Name, data: unknown, options: CallOptions) => Promise<Reply>;
  const [state, execute] = useTask<Omit<RequestState<[], Reply>, "execute">, Arguments>(
    {
      initial: { data: undefined, error: undefined, isPending: false },
      async run(aborted, update, ...[input, options]: Arguments) {
        update({ error: undefined, isPending: true });
        const signal = options?.signal ? AbortSignal.any([options.signal, aborted]) : aborted;
        return { data: await request(name, input, { ...options, signal }) };
      },
      ended: { isPending: false },
      aborted: { isPending: false },
      failed: (error) => ({ error, isPending: false }),
    },
    [client, name],
  );
  return { ...state, execute };
}
