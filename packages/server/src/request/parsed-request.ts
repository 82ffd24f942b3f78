import { offeredProtocols } from "./headers.ts";
import { type TransportInfo, transportOf } from "./transport.ts";

/** A request as a transport has read it. The web `Request`, which few read, is made when it is first read. */
export interface ParsedRequest {
  /** The web request. */
  readonly request: Request;
  /** Its URL. */
  readonly url: URL;
  /** The subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
  /** What the transport knows of it besides. */
  readonly transport: TransportInfo;
  /** Its bytes without the body, estimated. */
  readonly size: number;
  /** Whether the client has disconnected. */
  readonly isDisconnected: boolean;
  /** A header by its lower-case name; several of one name are joined, as `Headers` does. Undefined without one. */
  header(name: string): string | undefined;
  /** No context is made of it any more: what only contexts use is let go. */
  releaseContext(): void;
  /** Calls `listener`, a new function, once when the client disconnects; at once when it has. Returns what stops that. */
  onDisconnect(listener: () => void): () => void;
}

/** Parses what every stage of serving a request reads. */
export function parseRequest(request: Request): ParsedRequest {
  return new ParsedWebRequest(request);
}

class ParsedWebRequest implements ParsedRequest {
  readonly request: Request;
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly transport: TransportInfo;

  constructor(request: Request) {
    this.request = request;
    this.url = new URL(request.url);
    this.protocols = offeredProtocols(this);
    this.transport = transportOf(request);
  }

  get size(): number {
    const { url, headers } = this.request;
    let size = url.length;
    headers.forEach((value, name) => (size += name.length + value.length));
    return size;
  }

  get isDisconnected(): boolean {
    return this.request.signal.aborted;
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined;
  }

  releaseContext(): void {}

  onDisconnect(listener: () => void): () => void {
    const { signal } = this.request;
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
    return () => signal.removeEventListener("abort", listener);
  }
}
