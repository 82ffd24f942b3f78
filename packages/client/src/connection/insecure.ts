/** Names of parameters and subprotocols that carry a credential. */
const credential = /(token|ticket|secret|password|jwt|api[-_]?key|^auth|bearer.*)$/i;
/** Hosts of this device: what is sent to them crosses no network. */
const loopback = /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Checks that no credential is sent without TLS. `names` are those of its parameters and subprotocols.
 * @throws TypeError when `url` is `ws:` or `http:`, its host is another one than this device, and it has a credential, or
 * the page was loaded by `https:`.
 */
export function checkInsecure(url: string | URL, names: readonly string[]): void {
  const { protocol, hostname, username, searchParams } = new URL(url, "wss://relative");
  const { location } = globalThis as { readonly location?: { readonly protocol: string } };
  if (
    /^(ws|http):/.test(protocol) &&
    !loopback.test(hostname) &&
    (location?.protocol === "https:" ||
      username ||
      [...names, ...searchParams.keys()].some((name) => credential.test(name)))
  )
    throw new TypeError(`${protocol} to ${hostname} is not encrypted: use wss:, or set allowInsecure`);
}
