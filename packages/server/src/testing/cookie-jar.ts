/** The cookies of one host, as a browser keeps them; it ignores paths and domains. */
export class CookieJar extends Map<string, string> {
  /** Keeps the cookies that an answer sets (RFC 6265 §5.3); an expired cookie is removed. */
  store(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
      const at = pair.indexOf("=");
      if (at < 1) continue;
      const name = pair.slice(0, at).trim();
      if (hasExpired(attributes)) this.delete(name);
      else this.set(name, pair.slice(at + 1).trim());
    }
  }

  /** The `Cookie` header of a request, with the cookies of `more` too; empty without cookies. */
  header(more: Readonly<Record<string, string>> = {}): string {
    const cookies = new Map([...this, ...Object.entries(more)]);
    return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

function hasExpired(attributes: readonly string[]): boolean {
  const value = (name: string): string | undefined =>
    attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const age = value("max-age");
  if (age !== undefined) return Number(age) <= 0; // it overrides Expires (RFC 6265 §5.3)
  return Date.parse(value("expires") ?? "") <= Date.now();
}
