import { useEffect, useInsertionEffect, useRef } from "react";

/**
 * Calls the listener of the newest rendering for each value of a subscription, while the component is mounted. It
 * subscribes again for another `key` only, so no value is lost when the listener changes.
 */
export function useListener<Data>(
  subscribe: (listener: (data: Data) => unknown) => () => void,
  listener: (data: Data) => unknown,
  key: readonly unknown[],
): void {
  const newest = useRef(listener);
  useInsertionEffect(() => {
    newest.current = listener;
  });
  useEffect(() => subscribe((data) => newest.current(data)), key);
}
