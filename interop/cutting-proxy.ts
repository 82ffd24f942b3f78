/** A TCP proxy that cuts its connections after given numbers of bytes, also inside of a frame. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy that listens on a free port. */
export type CuttingProxy = { readonly port: number; readonly cuts: () => number; readonly stop: () => void };

/**
 * Starts a proxy to `port`. It cuts the first connection after `budgets[0]` bytes of both directions together, the second
 * after `budgets[1]`, and so on; later connections are not cut. It passes the bytes before the cut, so a cut may split a
 * frame, and one peer may have received a message without the other peer knowing it.
 */
export async function startCuttingProxy(port: number, budgets: readonly number[]): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    let remaining = budgets[connections] ?? Infinity;
    connections += 1;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.on("error", () => {}); // the event `close` follows
      from.on("close", () => {
        open.delete(from);
        to.destroySoon();
      });
      from.on("data", (bytes) => {
        if (remaining <= 0) return;
        remaining -= bytes.length;
        if (remaining > 0) {
          to.write(bytes);
          return;
        }
        cuts += 1;
        to.write(bytes.subarray(0, bytes.length + remaining), cut);
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    cuts: () => cuts,
    stop() {
      server.close();
      for (const end of open) end.destroy();
    },
  };
}
