/** An address without TLS, but for those of this device: what is sent there crosses no network. */
const insecure = /^(ws|http):..(?!(localhost|127\.[\d.]+|\[::1])(:\d+)?([/?]|$))/i;
/** The name of a parameter that carries a credential, or a user in an address. */
const credential = /(token|ticket|secret|password|key|auth)=|:..[^/]*@/i;

/**
 * The address of a contract's path at a server, whose own path and query stay.
 * @throws TypeError when `url` is no absolute one of a server.
 */
export function join(url: string | URL, path = ""): string {
  if (!/^(ws|http)s?:/i.test(String(url)))
    throw new TypeError(`url must be like "https://example.com", not "${String(url)}"`);
  const address = new URL(url);
  const [name = "", query] = path.split("?");
  address.pathname = address.pathname.replace(/\/*$/, () => name);
  address.search = [query, address.search.slice(1)].filter((part) => part).join("&");
  address.hash = "";
  return address.href;
}

/**
 * Checks that no credential is sent without TLS. `names` are those of other parameters than the query's.
 * @throws TypeError when `url` is `ws:` or `http:`, its host is another one than this device, and it has a credential, or
 * the page was loaded by `https:`.
 */
export function checkInsecure(url: string, names: readonly string[] = []): void {
  if (
    insecure.test(url) &&
    (globalThis.location?.protocol === "https:" || credential.test([...names, "", url].join("=")))
  )
    throw new TypeError("use wss:, or allowInsecure");
}
