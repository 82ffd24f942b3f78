/** Resolves in a later turn of the event loop: timers, sockets and other clients come first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
