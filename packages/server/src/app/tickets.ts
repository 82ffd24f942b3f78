import { TicketBook } from "../access/ticket-book.ts";
import type { BaseContext, HookContext } from "../request/context.ts";
import { parseRequest } from "../request/parsed-request.ts";
import type { Hook } from "../request/hook.ts";
import { identity, type ProvidedIdentity, readIdentity } from "../request/identity.ts";
import { memoryStore } from "../store/memory/memory-store.ts";
import { internalsOf } from "./app.ts";
import { checkPageOrigin } from "./handshake-checks.ts";
import type { HttpHandler } from "./route.ts";
import type { App } from "./types.ts";

/** Options of `tickets`. */
export interface TicketOptions {
  /**
   * How long a ticket may be used, in ms.
   * @default 30_000
   */
  readonly lifetime?: number;
  /**
   * Unused tickets of one principal; with one more its oldest cannot be used any more. Of all principals there may be as
   * many as `limits.connections`; beyond them the principal with the most loses its oldest.
   * @default 5 times `limits.perPrincipal`
   */
  readonly perPrincipal?: number;
}

/** Issues and checks the tickets of an app. */
export interface Tickets {
  /**
   * Answers a POST with a new ticket, as the JSON `{ "ticket": "…" }`. A hook before it has to name the caller by `identity`.
   * Refuses with 405 another method, and with 403 a page that may not connect: a page sends its `Origin` with a POST alone.
   */
  readonly issue: HttpHandler<BaseContext & Pick<ProvidedIdentity, "principal" | "expiresAt">>;
  /**
   * A hook that names the caller of a ticket, which is `token` or, without one, `?ticket=`. Refuses with 401 a ticket that was
   * used before or has expired, and one that a page of another origin has asked for.
   */
  readonly check: Hook<HookContext, ProvidedIdentity>;
}

/**
 * Makes tickets for an app; for a mounted app, name the one that is served. A ticket stands for a longer-lived credential, such as a cookie, where that cannot be sent or
 * must not appear: in a URL, or to a server of another site. It has 128 random bits, lets one client in once, and belongs
 * to a principal and an origin.
 *
 * The app's store keeps the tickets, so every process that shares the store knows them, and one of them accepts each
 * ticket. Without a store, a ticket is known to the process alone that has issued it.
 *
 * @throws RangeError for an option that is not a positive number.
 * @example
 *   const { issue, check } = tickets(app);
 *   signedIn.http("/ticket", issue); // `signedIn` names the principal, by a cookie for example
 *   app.use(check).implement(chat, setup);
 *   // the page: connect(chat, { url, getToken: async () => (await (await fetch("/ticket", { method: "POST" })).json()).ticket })
 */
export function tickets(app: Pick<App, "fetch" | "handshake">, options: TicketOptions = {}): Tickets {
  const { options: appOptions, dispatcher } = internalsOf(app, "tickets");
  const { store = memoryStore(), clock, limits, onStoreError } = appOptions;
  const { lifetime = 30_000, perPrincipal = 5 * limits.perPrincipal } = options;
  checkPositive({ lifetime, perPrincipal });
  const book = new TicketBook({
    store: store.tickets,
    clock,
    lifetime,
    perPrincipal,
    total: limits.connections,
    onStoreError,
  });

  const issue: Tickets["issue"] = async (context) => {
    const { request } = context;
    if (request.method !== "POST")
      return new Response("POST asks for a ticket", { status: 405, headers: { allow: "POST" } });
    const denied = checkPageOrigin(parseRequest(request), appOptions);
    if (denied !== undefined) return dispatcher.refusals.note(denied, request);
    const { principal, expiresAt } = readIdentity({ ...context });
    if (principal === undefined)
      throw new TypeError(
        "a ticket needs a principal: a hook before `issue` has to return identity({ principal })",
      );
    const ticket = await book.issue({
      principal,
      origin: originOf(request),
      credentialExpiresAt: expiresAt,
    });
    return Response.json({ ticket }, { headers: { "cache-control": "no-store" } });
  };

  const check: Tickets["check"] = async ({ token, query, request }) => {
    const ticket = token ?? query["ticket"];
    if (typeof ticket !== "string") return unauthorized("a ticket is required, as the token or as ?ticket=");
    const found = await book.use(ticket);
    if (found === undefined)
      return unauthorized(
        "this ticket was used before, has expired or gave way to newer ones: ask for another",
      );
    if (found.origin !== originOf(request)) return unauthorized("this ticket belongs to another origin");
    return identity({ principal: found.principal, expiresAt: found.credentialExpiresAt });
  };

  return { issue, check };
}

function originOf({ headers }: Request): string | undefined {
  return headers.get("origin") ?? undefined;
}

function unauthorized(text: string): Response {
  return new Response(text, { status: 401 });
}

/** @throws RangeError when an option is not a positive number. */
function checkPositive(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options))
    if (!(value > 0)) throw new RangeError(`tickets: \`${name}\` must be a positive number, not ${value}`);
}
