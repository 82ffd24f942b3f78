import type { FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import type { LimitOptions } from "../access/limits.ts";
import { checkHost, checkOrigin, type SecurityOptions } from "../access/origin.ts";
import type { Exchange } from "../request/exchange.ts";
import { readIdentity } from "../request/identity.ts";
import type { ParsedRequest } from "../request/parsed-request.ts";
import { quote, Refusal } from "../request/refusal.ts";
import type { Clock } from "../timing/clock.ts";
import type { Routes } from "./routes.ts";

/** What decides which pages may connect. */
interface PageOptions {
  readonly security: SecurityOptions;
  readonly limits?: Pick<LimitOptions, "trustProxy">;
}

/** Refuses a request for another host, and a handshake that a foreign page started; undefined when the checks pass. */
export function checkPage(parsed: ParsedRequest, options: PageOptions): Refusal | undefined {
  return checkHost(parsed, options.security) ?? checkPageOrigin(parsed, options);
}

/** Refuses a request that a foreign page started; undefined when the check passes. */
export function checkPageOrigin(
  parsed: ParsedRequest,
  { security, limits = {} }: PageOptions,
): Refusal | undefined {
  const { trustProxy = false } = limits;
  const { allowsLoopbackOrigins: allowsLoopback = false } = parsed.transport;
  return checkOrigin(parsed, security, { trustProxy, allowsLoopback });
}

/** Refuses a path without a WebSocket route. */
export function refuseUnknownPath(routes: Routes, pathname: string): Refusal {
  const isHttp = routes.httpAt(pathname) !== undefined;
  const reason = `No WebSocket route is at ${quote(pathname)}${isHttp ? ", which is an HTTP route" : ""}`;
  return new Refusal({ kind: "path", status: isHttp ? 400 : 404, reason });
}

/** Refuses a handshake while too many are undecided. */
export function tooManyUndecided(): Refusal {
  const reason = "Too many undecided handshakes: createApp({ handshake: { pending } })";
  return new Refusal({ kind: "handshake.pending", status: 503, reason, retryAfter: 1 });
}

/** Refuses a credential that has expired already, though the hooks accepted it. */
export function checkExpiry({ context }: Exchange, clock: Clock): Response | undefined {
  const { expiresAt } = readIdentity(context);
  if (expiresAt === undefined || expiresAt > clock.date) return undefined;
  return new Response("credential expired", { status: 401 });
}

/** The first of `codecs`, and of JSON, that the client offers; undefined in plain mode. */
export function findCodec(
  { protocols }: ParsedRequest,
  codecs: readonly FrameCodec[],
): FrameCodec | undefined {
  return [...codecs, jsonFrames].find(({ protocol }) => protocols.includes(protocol));
}
