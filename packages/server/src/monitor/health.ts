import { internalsOf } from "../app/app.ts";
import type { App } from "../app/types.ts";
import type { HttpHandler } from "../app/route.ts";

/**
 * Answers a health check: 200 while the server takes clients, 503 once it shuts down, so that a balancer sends its clients
 * elsewhere. It asks no store, so that a store that is away for a moment does not end every process.
 * @throws TypeError when `createApp` of this copy of the package has not made the app.
 * @example
 *   app.http("/healthz", health(app));
 */
export function health(app: Pick<App, "fetch" | "handshake">): HttpHandler<unknown> {
  const { routes } = internalsOf(app, "health");
  return () => {
    const { draining } = routes;
    return Response.json(
      { status: draining ? "shutting down" : "ok" },
      { status: draining ? 503 : 200, headers: { "cache-control": "no-store" } },
    );
  };
}
