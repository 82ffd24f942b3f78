/** What the device and the page say about the network. */
export interface NetworkListener {
  /** Something woke: the page is visible or back, or the device is online. A good time to dial, or to probe. */
  wake(): void;
  /** The device says it went offline: a reason to probe, not a proof. */
  offline(): void;
  /** The page is being left; `persisted` when it is kept and may come back. */
  hidden(persisted: boolean): void;
}

/** The part of a platform's globals that tells about the network; all of it is missing in some runtime. */
export interface NetworkScope {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly visibilityState?: string };
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
}

/** False when the device says that it has no network; true proves nothing. */
export function isOnline(scope: NetworkScope): boolean {
  return scope.navigator?.onLine !== false;
}

/** False when the page is hidden; true where there is no page. */
export function isVisible(scope: NetworkScope): boolean {
  return scope.document?.visibilityState !== "hidden";
}

/** Tells `listener` what happens, until the returned function is called. */
export function watchNetwork(listener: NetworkListener, scope: NetworkScope): () => void {
  const heard = (event: { readonly type: string; readonly persisted?: boolean }): void => {
    if (event.type === "offline") listener.offline();
    else if (event.type === "pagehide") listener.hidden(event.persisted === true);
    else if (event.type !== "visibilitychange" || isVisible(scope)) listener.wake();
  };
  const each = (act: "addEventListener" | "removeEventListener"): void => {
    // The last two happen to the document, and bubble.
    for (const type of ["online", "offline", "pageshow", "pagehide", "visibilitychange", "resume"])
      scope[act]?.(type, heard);
  };
  each("addEventListener");
  return () => each("removeEventListener");
}
