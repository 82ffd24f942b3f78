/** What waits for a signal: its only listener. */
class Actions extends Set<() => void> {
  handleEvent(): void {
    for (const action of this) action();
  }
}

const actionsOf = new WeakMap<AbortSignal, Actions>();

/**
 * Calls `action`, a new function, when a signal aborts. However many actions wait for a signal, it has one listener: Node warns
 * at more than ten.
 * @returns removes the action.
 */
export function onAbort(signal: AbortSignal, action: () => void): () => void {
  const actions = actionsOf.get(signal) ?? new Actions();
  actionsOf.set(signal, actions.add(action));
  signal.addEventListener("abort", actions);
  return () => {
    actions.delete(action);
    if (actions.size === 0) signal.removeEventListener("abort", actions);
  };
}
