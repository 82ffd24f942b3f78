/** The cookies of one host, as a browser keeps them; paths and domains are not told apart. */
export class CookieJar extends Map<string, string> {
  /** Takes what an answer sets (RFC 6265 §5.3); a cookie that has expired is dropped. */
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

  /** The `Cookie` header of a request, with `more` besides; empty when there is none. */
  header(more: Readonly<Record<string, string>> = {}): string {
    const cookies = new Map([...this, ...Object.entries(more)]);
    return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

function hasExpired(attributes: readonly string[]): boolean {
  const value = (name: string): string | undefined =>
    attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const age = value("max-age");
  if (age !== undefined) return Number(age) <= 0; // it wins over Expires
  return Date.parse(value("expires") ?? "") <= Date.now();
}
