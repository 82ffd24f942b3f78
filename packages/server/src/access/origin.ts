/** Which pages may connect. */
export interface OriginOptions {
  /** Origins allowed besides the server's own, exact: `https://app.example.com`. Default none. */
  readonly origins?: readonly string[];
  /** Whether a program that sends cookies but no `Origin` may connect. Default false. */
  readonly allowCookieWithoutOrigin?: boolean;
}

/** Refuses a handshake that a foreign page started (cross-site WebSocket hijacking); undefined when it may go on. */
export function checkOrigin(request: Request, options: OriginOptions): Response | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) {
    if (!request.headers.has("cookie") || options.allowCookieWithoutOrigin === true) return undefined;
    return new Response("A request with cookies needs an Origin", { status: 403 });
  }
  if (origin.includes(",") || origin.includes(" "))
    return new Response("One Origin, please", { status: 400 });
  if (options.origins?.includes(origin) === true || isOwn(origin, request)) return undefined;
  return new Response("This Origin may not connect", { status: 403 });
}

function isOwn(origin: string, request: Request): boolean {
  try {
    const { host, protocol } = new URL(origin);
    // The scheme is not compared: a proxy that ends TLS speaks http to us.
    return (protocol === "http:" || protocol === "https:") && host === new URL(request.url).host;
  } catch {
    return false; // "null"
  }
}
