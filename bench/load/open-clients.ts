import { Connection } from "./connection.ts";
import type { Dialect, EchoClient } from "./dialect.ts";
import type { Tally } from "./tally.ts";

/** How many connections are opened at once: the backlog of a listening socket is 511. */
const atOnce = 100;

/** Opens connections, many at once. */
export async function openConnections(
  port: number,
  { target, open }: Pick<Dialect, "target" | "open">,
  count: number,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  let started = 0;
  const openSome = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      const connection = await Connection.open({ ...target, port });
      await open?.(connection);
      connections.push(connection);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, openSome));
  return connections;
}

/** Opens clients that check each answer. */
export async function openClients(
  port: number,
  dialect: Dialect,
  count: number,
  tally: Tally,
  sentAt?: Float64Array,
): Promise<EchoClient[]> {
  const connections = await openConnections(port, dialect, count);
  return connections.map((connection) => {
    connection.onEnd = (error) => (tally.wrong ??= error.message);
    return dialect.echo(connection, tally, sentAt);
  });
}
