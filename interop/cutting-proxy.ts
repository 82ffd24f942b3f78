/** A network that fails: a TCP proxy that destroys its connections in the middle of what they carry. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A proxy that listens at a free port. */
export type CuttingProxy = { readonly port: number; readonly cuts: () => number; readonly stop: () => void };

/**
 * Listens for connections to `port`. The first is cut when `budgets[0]` bytes have passed, both ways together, the second
 * at `budgets[1]`, and so on; those that come after are whole. What was read up to there has been written, so that a frame
 * is cut through anywhere, and either half may have heard what the other does not know of.
 */
export async function cutting(port: number, budgets: readonly number[]): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    let left = budgets[connections] ?? Infinity;
    connections += 1;
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("error", () => {}); // `close` comes next
      from.on("close", () => {
        open.delete(from);
        to.destroySoon();
      });
      from.on("data", (bytes) => {
        if (left <= 0) return;
        left -= bytes.length;
        if (left > 0) {
          to.write(bytes);
          return;
        }
        cuts += 1;
        to.write(bytes.subarray(0, bytes.length + left), cut);
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
