import { byteLength } from "@symbolon/protocol/internal";

/** The characters of a subprotocol (RFC 6455 §4.1: a token of RFC 9110 §5.6.2). */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The bytes of the longest reason (RFC 6455 §5.5). */
const maxReason = 123;

/**
 * Reads the URL of a `WebSocket` (WHATWG WebSockets §3.1, "obtain a URL record").
 * @throws DOMException, a SyntaxError.
 */
export function parseUrl(given: string | URL): URL {
  const text = toScalarValues(given);
  if (!URL.canParse(text)) throw invalid(`${JSON.stringify(text)} is not an absolute URL`);
  const url = new URL(text);
  // The setter of `protocol` does not lead from `http` to `ws`.
  const { href } = new URL(url.href.replace(/^http(?=s?:)/, "ws"));
  if (!/^wss?:/.test(href))
    throw invalid(`the scheme of ${JSON.stringify(text)} is not ws, wss, http or https`);
  if (href.includes("#")) throw invalid(`${JSON.stringify(text)} has a fragment`);
  return new URL(href);
}

/**
 * Reads the subprotocols of a `WebSocket` (WHATWG WebSockets §3.1, the constructor).
 * @throws DOMException, a SyntaxError.
 */
export function parseProtocols(given: string | readonly string[]): string[] {
  const protocols = typeof given === "string" ? [given] : Array.from(given, String);
  const wrong = protocols.find((name, at) => !token.test(name) || protocols.indexOf(name) < at);
  if (wrong !== undefined)
    throw invalid(`the subprotocol ${JSON.stringify(wrong)} is given twice, or is no token`);
  return protocols;
}

/**
 * Reads the code of a close; undefined without one (WHATWG WebSockets §3.1, `close`; WebIDL, `[Clamp] unsigned short`).
 * @throws DOMException, an InvalidAccessError.
 */
export function parseCloseCode(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  const code = Math.min(Math.max(Math.round(Number(given)) || 0, 0), 65_535);
  if (code !== 1000 && (code < 3000 || code > 4999))
    throw new DOMException(
      `close code ${code} cannot be sent: use 1000 or 3000 to 4999`,
      "InvalidAccessError",
    );
  return code;
}

/**
 * Reads the reason of a close (WHATWG WebSockets §3.1, `close`).
 * @throws DOMException, a SyntaxError.
 */
export function parseReason(given: unknown = ""): string {
  const reason = toScalarValues(given);
  if (byteLength(reason) > maxReason) throw invalid(`a close reason has at most ${maxReason} bytes of UTF-8`);
  return reason;
}

/** A value as text without lone surrogates (WebIDL, `USVString`). */
export function toScalarValues(value: unknown): string {
  return String(value).replaceAll(/\p{Surrogate}/gu, "\u{fffd}");
}

function invalid(message: string): DOMException {
  return new DOMException(message, "SyntaxError");
}
