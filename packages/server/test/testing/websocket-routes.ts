import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { valueGate } from "../gate.ts";

/** What the route that records has received. */
export const recorded: unknown[] = [];

/** A network to an echo, and to routes that close. */
export function serveRoutes() {
  const ended = valueGate<[code: number, reason: string]>();
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
    const { code, reason } = await socket.closed;
    ended.open([code, reason]);
  });
  app.ws("/bye", async (socket) => {
    await socket.receive();
    void socket.send("last");
    socket.close(4001, "bye");
  });
  app.ws("/record", async (socket) => {
    for await (const message of socket) recorded.push(message);
  });
  app.ws("/talk", async (socket) => {
    await socket.accept();
    for (let n = 0; n < 3; n += 1) await socket.send(String(n));
    await socket.closed;
  });
  const net = testNetwork(app);
  const open = async (path = "/echo"): Promise<WebSocket> => {
    const socket = new net.WebSocket(`ws://test${path}`);
    await next(socket, "open");
    return socket;
  };
  return { net, open, ended: ended.passed };
}

export type Routes = ReturnType<typeof serveRoutes>;

/** The next event of a type. */
export function next<Type extends Event = Event>(socket: WebSocket, type: string): Promise<Type> {
  return new Promise((resolve) =>
    socket.addEventListener(type, (event) => resolve(event as Type), { once: true }),
  );
}

export async function echo(socket: WebSocket, data: unknown): Promise<unknown> {
  const received = next<MessageEvent<unknown>>(socket, "message");
  socket.send(data as string);
  return (await received).data;
}

/** The name of the error that `run` throws; "none" without one. */
export function nameOf(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    return error instanceof DOMException ? error.name : `other: ${String(error)}`;
  }
}

/** A statement of a standard: where it stands, what it says, how to see it, and what is right. */
export type Row = readonly [
  section: string,
  title: string,
  run: (routes: Routes) => unknown,
  expected: unknown,
];
