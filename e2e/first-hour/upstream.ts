import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between the local registry and npm's own, and writes down which packages are asked for. */
export class Upstream {
  /** Paths of the requests, decoded: `/vite`, `/@types/node`. */
  readonly paths: string[] = [];
  readonly #server: Server;

  private constructor(registry: string) {
    this.#server = createServer((request, response) => {
      const path = request.url ?? "/";
      this.paths.push(decodeURIComponent(path));
      const { accept = "*/*" } = request.headers;
      fetch(new URL(path.slice(1), registry), { headers: { accept } }).then(
        async ({ status, headers, body }) => {
          const type = headers.get("content-type") ?? "application/octet-stream";
          response.writeHead(status, { "content-type": type });
          for await (const chunk of body ?? []) response.write(chunk);
          response.end();
        },
        (error: unknown) => response.writeHead(502).end(String(error)),
      );
    });
  }

  /** Starts it in front of a registry. */
  static async start(registry: string): Promise<Upstream> {
    const upstream = new Upstream(registry);
    await once(upstream.#server.listen(0, "127.0.0.1"), "listening");
    return upstream;
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Ends it. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
