import { useSyncExternalStore } from "react";

/** What the address of the page names. */
export interface Place {
  readonly route: string;
  /** The key of a message. */
  readonly message?: string;
}

/** A link to a route, or to a message of it. */
export function linkTo(route: string, message?: string): string {
  return `#/${encodeURIComponent(route)}${message === undefined ? "" : `/${encodeURIComponent(message)}`}`;
}

/** What the address names; undefined when it names no route. */
export function readPlace(hash: string): Place | undefined {
  const [, route, message] = /^#\/([^/]+)(?:\/(.+))?$/.exec(hash) ?? [];
  if (route === undefined) return undefined;
  try {
    return {
      route: decodeURIComponent(route),
      ...(message !== undefined && { message: decodeURIComponent(message) }),
    };
  } catch {
    return undefined; // no link of this page
  }
}

/** The part of the address after `#`, for a component. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash);
}

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
