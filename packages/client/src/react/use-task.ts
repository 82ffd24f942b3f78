import { useEffect, useMemo, useSyncExternalStore } from "react";
import { createValue } from "../connection/status.ts";

/** An asynchronous task of a component, and how the component's state follows from it. */
export interface ComponentTask<State, Input extends readonly unknown[]> {
  /** The state before the first run. */
  readonly initial: State;
  /**
   * Runs the task. `update` changes a part of the state, and does nothing once `signal` has aborted.
   * @returns what changes in the state at the end, beside `ended`
   */
  readonly run: (
    signal: AbortSignal,
    update: (part: Partial<State>) => void,
    ...input: Input
  ) => Promise<Partial<State>>;
  /** What changes in the state when a run has ended. */
  readonly ended: Partial<State>;
  /** What changes in the state when it is aborted, whether a run is pending or not. */
  readonly aborted: Partial<State>;
  /** What changes in the state when a run has failed. */
  readonly failed: (error: unknown) => Partial<State>;
}

/**
 * Runs a task, one run at a time, and gives its state and the functions that start and abort a run. Another run, another `key`
 * and unmounting each abort the run before.
 */
export function useTask<State extends object, Input extends readonly unknown[]>(
  task: ComponentTask<State, Input>,
  key: readonly unknown[],
): readonly [state: State, start: (...input: Input) => void, abort: () => void] {
  const { state, start, abort } = useMemo(() => {
    const { initial, run, ended, aborted, failed } = task;
    const state = createValue(initial);
    let running: AbortController | undefined;
    const change = (part: Partial<State>): void => state.set({ ...state.value, ...part });
    const start = (...input: Input): void => {
      running?.abort();
      const controller = (running = new AbortController());
      const update = (part: Partial<State>): void => {
        if (running === controller) change(part);
      };
      void run(controller.signal, update, ...input)
        .then((last) => ({ ...ended, ...last }), failed)
        .then((part) => {
          update(part);
          if (running === controller) running = undefined;
        });
    };
    const abort = (): void => {
      running?.abort();
      running = undefined;
      change(aborted);
    };
    return { state, start, abort };
  }, key);
  const getSnapshot = (): State => state.value;
  const snapshot = useSyncExternalStore(state.subscribe, getSnapshot, getSnapshot);
  useEffect(() => abort, [abort]);
  return [snapshot, start, abort];
}
