/** What the device and the page say about the network. */
export interface NetworkListener {
  /** Something woke: the page is visible or back, or the device is online. A good time to dial, or to probe. */
  woke(): void;
  /** The device says it went offline: a reason to probe, not a proof. */
  offline(): void;
  /** The page is being left; `persisted` when it is kept and may come back. */
  hidden(persisted: boolean): void;
}

/** The part of a platform's globals that tells about the network; all of it is missing in some runtime. */
export interface NetworkScope {
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: {
    readonly visibilityState?: string;
    addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
    removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  };
}

/** False when the device says that it has no network; true proves nothing. `scope` defaults to the globals. */
export function isOnline(scope: NetworkScope = globals()): boolean {
  return scope.navigator?.onLine !== false;
}

/** False when the page is hidden; true where there is no page. `scope` defaults to the globals. */
export function isVisible(scope: NetworkScope = globals()): boolean {
  return scope.document?.visibilityState !== "hidden";
}

/** Tells `listener` what happens, until the returned function is called. `scope` defaults to the globals. */
export function watchNetwork(listener: NetworkListener, scope: NetworkScope = globals()): () => void {
  const { document } = scope;
  const woke = (): void => listener.woke();
  const offline = (): void => listener.offline();
  const hidden = (event: { readonly type: string; readonly persisted?: boolean }): void =>
    listener.hidden(event.persisted === true);
  const visibility = (): void => {
    if (isVisible(scope)) listener.woke();
  };
  const heard = [
    [scope, "online", woke],
    [scope, "pageshow", woke],
    [scope, "offline", offline],
    [scope, "pagehide", hidden],
    [document, "visibilitychange", visibility],
    [document, "resume", woke],
  ] as const;
  for (const [target, type, told] of heard) target?.addEventListener?.(type, told);
  return () => {
    for (const [target, type, told] of heard) target?.removeEventListener?.(type, told);
  };
}

/** Read at the call, never at import: a bundle is also imported where there is no page. */
function globals(): NetworkScope {
  return globalThis;
}
