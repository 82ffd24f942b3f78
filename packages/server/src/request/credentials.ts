/** The user and password of a request. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The Bearer token of a request (RFC 6750 §2.1), or undefined. */
export function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
}

/** The Basic credentials of a request, as UTF-8 (RFC 7617 §2.1), or undefined: a user has no colon, a password may. */
export function basicCredentials(request: Request): Credentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const pair = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const colon = pair.indexOf(":");
    return colon < 0 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  } catch {
    return undefined; // no Base64, or no UTF-8
  }
}
