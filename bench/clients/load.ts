/** What a client process does for the bench: sends messages, counts the answers, and connects again and again. */
import { isDeepStrictEqual } from "node:util";
import { createNote, type Note } from "../payloads.ts";
import { serveBench } from "../servers/control.ts";

/** How many messages a client has in flight. */
const inFlight = 16;
/** How often the time to the first message is measured. */
const tries = 30;

/** One connected client. */
interface LoadClient {
  /** Sends a message, which comes back. */
  send(data: Note): void;
  /** Ends the connection. */
  close(): void;
}

/** Connects a client that calls `onEcho` with each message that comes back. */
export type ConnectClient = (onEcho: (data: unknown) => void) => Promise<LoadClient>;

/** Answers the commands of the bench: `start` and `count`, and `first`, the time to the first message in µs. */
export function serveClient(connectClient: ConnectClient): void {
  let count = 0;
  let expected = 1;
  let sent = 0;
  serveBench(0, {
    async start() {
      const client = await connectClient((data) => {
        if (!isDeepStrictEqual(data, createNote(expected)))
          throw new Error(`received ${JSON.stringify(data)}`);
        expected += 1;
        count += 1;
        client.send(createNote((sent += 1)));
      });
      while (sent < inFlight) client.send(createNote((sent += 1)));
    },
    count: () => count,
    async first() {
      const times: number[] = [];
      while (times.length < tries) times.push(await timeToFirstMessage(connectClient));
      return times.sort((a, b) => a - b)[tries / 2];
    },
  });
}

async function timeToFirstMessage(connectClient: ConnectClient): Promise<number> {
  const start = performance.now();
  let receive: (data: unknown) => void = () => {};
  const received = new Promise((resolve) => (receive = resolve));
  const client = await connectClient((data) => receive(data));
  client.send(createNote(1));
  await received;
  const micros = (performance.now() - start) * 1_000;
  client.close();
  return micros;
}
