import { Connection } from "./connection.ts";
import type { Dialect, EchoClient } from "./dialect.ts";
import type { Tally } from "./tally.ts";

/** How many connections are opened at once: the backlog of a listening socket is 511. */
const atOnce = 100;

/** Opens a connection for each item; so many at once. */
export async function openEach<Item>(
  items: Iterable<Item>,
  open: (item: Item) => Promise<Connection>,
  most = atOnce,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  const waiting = items[Symbol.iterator]();
  const openSome = async (): Promise<void> => {
    for (let next = waiting.next(); next.done !== true; next = waiting.next())
      connections.push(await open(next.value));
  };
  await Promise.all(Array.from({ length: most }, openSome));
  return connections;
}

/** Opens connections, many at once. */
export function openConnections(
  port: number,
  { target, open }: Pick<Dialect, "target" | "open">,
  count: number,
): Promise<Connection[]> {
  return openEach(Array.from({ length: count }), async () => {
    const connection = await Connection.open({ ...target, port });
    await open?.(connection);
    return connection;
  });
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
