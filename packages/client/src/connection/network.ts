/** Receives what the device and the page report about the network. */
export interface NetworkListener {
  /** The page became visible or came back, or the device is online: a good time to connect, or to probe. */
  readonly wake: () => void;
  /** The device reports that it is offline. That is a reason to probe, and no proof. */
  readonly offline: () => void;
  /** The user leaves the page. `persisted`: the browser keeps it and may show it again. */
  readonly hidden: (persisted?: boolean) => void;
}

/** The platform's globals that report about the network. Each of them is missing in some runtime. */
export interface NetworkScope {
  /** Whether the device has a network. */
  readonly navigator?: { readonly onLine?: boolean };
  /** Whether the page is visible. */
  readonly document?: { readonly visibilityState?: string };
  /** Subscribes to an event. */
  addEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
  /** Ends a subscription. */
  removeEventListener?(type: string, listener: (event: { readonly type: string }) => void): void;
}

/** False when the device reports that it has no network; true proves nothing. */
export function isOnline(scope: NetworkScope): boolean {
  return scope.navigator?.onLine ?? true;
}

/** False when the page is hidden; true where there is no page. */
export function isVisible(scope: NetworkScope): boolean {
  return scope.document?.visibilityState !== "hidden";
}

/** Reports to the listener until the returned function is called. */
export function watchNetwork({ wake, offline, hidden }: NetworkListener, scope: NetworkScope): () => void {
  const listeners: Record<string, (event: { readonly type: string; readonly persisted?: boolean }) => void> =
    {
      online: wake,
      offline,
      pageshow: wake,
      pagehide: ({ persisted }) => hidden(persisted),
      // The document dispatches the last two, and they bubble to the window.
      visibilitychange() {
        if (isVisible(scope)) wake();
      },
      resume: wake,
    };
  const forEachType = (method: "addEventListener" | "removeEventListener"): void => {
    for (const [type, listener] of Object.entries(listeners)) scope[method]?.(type, listener);
  };
  forEachType("addEventListener");
  return () => forEachType("removeEventListener");
}
