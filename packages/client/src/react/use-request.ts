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

/** A request of a component: how to ask it, and what became of the last question. */
export interface RequestState<Question extends readonly unknown[], Reply> {
  /** Asks, and gives up the question before. The same function in every rendering; it never throws. */
  readonly execute: (...question: Question) => void;
  /** The last reply there was; it stays while the next question is pending, and when that fails. */
  readonly data: Reply | undefined;
  /** Why the last question failed: what `client.request` rejects with. Undefined while one is pending. */
  readonly error: unknown;
  /** True from the question to its reply or failure, also while the connection is away. */
  readonly isPending: boolean;
}

type Asked<Reply> = Omit<RequestState<[], Reply>, "execute">;

/**
 * A request that is asked when `ask` is called. The last question wins: one before it is given up, at the server as
 * well, and so is one that is pending when the component is unmounted. Another client or name begins anew.
 */
export function useRequest<C extends AnyContract, Name extends RequestName<ClientMessages<C>>>(
  client: Client<C>,
  name: Name,
): RequestState<CallArguments<ClientMessages<C>, Name>, CallOutput<ClientMessages<C>, Name>> {
  type Reply = CallOutput<ClientMessages<C>, Name>;
  // The question is checked where `ask` is called; here it is only handed on, with a signal.
  const request = client.request as (name: Name, data: unknown, options: CallOptions) => Promise<Reply>;
  const [asked, ask] = useTask<Asked<Reply>, CallArguments<ClientMessages<C>, Name>>(
    async (gone, say, ...[input, options]: CallArguments<ClientMessages<C>, Name>) => {
      say({ error: undefined, isPending: true });
      const signal = options?.signal ? AbortSignal.any([options.signal, gone]) : gone;
      return { data: await request(name, input, { ...options, signal }) };
    },
    { data: undefined, error: undefined, isPending: false },
    { isPending: false },
    [client, name],
  );
  return { ...asked, execute: ask };
}
