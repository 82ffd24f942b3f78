/** Names of parameters and subprotocols that carry a credential. */
const credential = /(token|ticket|secret|password|jwt|api.?key|^auth|bearer.*)$/i;
/** Hosts of this device: what is sent to them crosses no network. */
const loopback = /^((.+\.)?localhost|127(\.\d+){3}|\[::1])$/;

/**
 * Checks that no credential is sent without TLS. `names` are those of parameters and subprotocols, beside the query.
 * @throws TypeError when `url` is `ws:` or `http:`, its host is another one than this device, and it has a credential, or
 * the page was loaded by `https:`.
 */
export function checkInsecure(url: string | URL, names: readonly string[]): void {
  const { protocol, hostname, username, searchParams } = new URL(url, "wss://relative");
  const isExposed =
    globalThis.location?.protocol === "https:" ||
    username ||
    [...names, ...searchParams.keys()].some((name) => credential.test(name));
  if (isExposed && /^(ws|http):/.test(protocol) && !loopback.test(hostname))
    throw new TypeError(`${hostname} needs wss:, or allowInsecure`);
}
