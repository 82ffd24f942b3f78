/** Which names a server answers to. */
export interface HostOptions {
  /**
   * Host names this app is reached by, without ports, as a URL writes them: `["app.example.com", "[::1]"]`. Default: any. Name them where the network
   * does not: a page of a foreign name that resolves to this server passes for its own (DNS rebinding).
   */
  readonly allowedHosts?: readonly string[];
}

/** Refuses a request to a name that is not this app's (RFC 9110 §15.5.20); undefined when it may go on. */
export function checkHost(request: Request, { allowedHosts }: HostOptions): Response | undefined {
  if (allowedHosts === undefined || allowedHosts.includes(new URL(request.url).hostname)) return undefined;
  return new Response("This is not the host you look for", { status: 421 });
}
