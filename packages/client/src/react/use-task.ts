import { useEffect, useMemo, useSyncExternalStore } from "react";
import { createValue } from "../connection/status.ts";

/** What is to be done: `say` changes a part of the state, and does nothing once the signal has aborted. */
export type Task<State, Input extends readonly unknown[]> = (
  signal: AbortSignal,
  say: (part: Partial<State>) => void,
  ...input: Input
) => Promise<Partial<State>>;

/**
 * One task at a time, and its state: `first`, then what the task says, and `over` with what it gives or the `error` it
 * fails with. The returned function starts it anew. A new start, another `key` and unmounting each abort the one before.
 */
export function useTask<State extends { readonly error: unknown }, Input extends readonly unknown[]>(
  task: Task<State, Input>,
  first: State,
  over: Partial<State>,
  key: readonly unknown[],
): readonly [state: State, start: (...input: Input) => void] {
  const { state, start, stop } = useMemo(() => {
    const state = createValue(first);
    let running: AbortController | undefined;
    const change = (...parts: Partial<State>[]): void => state.set(Object.assign({}, state.value, ...parts));
    const start = (...input: Input): void => {
      running?.abort();
      const { signal } = (running = new AbortController());
      const say: typeof change = (...parts) => {
        if (!signal.aborted) change(...parts);
      };
      task(signal, say, ...input).then(
        (last) => say(over, last),
        (error: unknown) => say(over, { error } as Partial<State>),
      );
    };
    const stop = (): void => {
      running?.abort();
      change(over);
    };
    return { state, start, stop };
  }, key);
  const now = (): State => state.value;
  const shown = useSyncExternalStore(state.subscribe, now, now);
  useEffect(() => stop, [stop]);
  return [shown, start];
}
