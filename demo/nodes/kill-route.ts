import type { App } from "@symbolon/server";
import type { NodeSettings } from "../settings.ts";

/** What a node asks of the program that has started it: to kill the node with this number. */
export type KillRequest = {
  /** The number of the node, from 1. */
  readonly kill: number;
};

/** Lets pages of the chat itself kill a node, by a `POST` to `/nodes/2/kill`. `requestKill` passes it on. */
export function addKillRoute(
  app: App,
  { count }: NodeSettings,
  requestKill: (request: KillRequest) => void,
): void {
  app.http("/nodes/:number/kill", ({ request, params }) => {
    if (request.method !== "POST")
      return new Response("Only POST", { status: 405, headers: { allow: "POST" } });
    if (!isOwnOrigin(request)) return new Response("Only the chat's own page may do that", { status: 403 });
    const number = Number(params.number);
    if (!Number.isInteger(number) || number < 1 || number > count)
      return new Response("There is no such node", { status: 404 });
    requestKill({ kill: number });
    return new Response(null, { status: 202 });
  });
}

/** Whether a page of this server has sent the request: a browser sends `Origin` with each `POST`, and no page can change it. */
function isOwnOrigin({ url, headers }: Request): boolean {
  const origin = headers.get("origin");
  return origin !== null && URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}
