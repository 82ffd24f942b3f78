/** How the load generator reaches the servers of other authors: their frames, written by hand. */
import { clientFrame } from "./client-frames.ts";
import type { Connection } from "./connection.ts";
import type { Dialect } from "./dialect.ts";
import { fixed } from "./fixed-echo.ts";
import { FrameChannel } from "./frame-channel.ts";
import { MessageEcho, MessageRing } from "./message-echo.ts";
import { noteTexts, texts } from "./messages.ts";
import { waitForText } from "./wait-for-text.ts";

const socketIo = { path: "/socket.io/?EIO=4&transport=websocket" };

/** Opens a connection of Socket.IO: the server's handshake, then that of the namespace. */
export async function openSocketIo(connection: Connection): Promise<void> {
  await waitForText(connection, "0{");
  connection.write(clientFrame("40"));
  await waitForText(connection, "40{");
}

/** Events of Socket.IO with texts of so many bytes, or with the JSON messages. */
export function socketIoEvent(bytes?: number): Dialect {
  const values = bytes === undefined ? noteTexts : texts(bytes).map((text) => JSON.stringify(text));
  const pairs = values
    .map((value) => `42["echo",${value}]`)
    .map((text) => ({ request: text, response: text }));
  return fixed(socketIo, pairs, openSocketIo);
}

/** Events of Socket.IO with an acknowledgement that carries the answer. */
export function socketIoRequest(): Dialect {
  const pairs = noteTexts.map((value, id) => ({
    request: `42${id}["ask",${value}]`,
    response: `43${id}[${value}]`,
  }));
  return fixed(socketIo, pairs, openSocketIo);
}

/** Mutations of tRPC. */
export function trpcRequest(): Dialect {
  const pairs = noteTexts.map((value, index) => ({
    request: `{"id":${index + 1},"method":"mutation","params":{"path":"ask","input":${value}}}`,
    response: `{"id":${index + 1},"result":{"type":"data","data":${value}}}`,
  }));
  return fixed({ path: "/" }, pairs);
}

/** Events of Socket.IO to a room, which each connection joins. */
export function socketIoRoom(): Dialect {
  const pairs = noteTexts.map((value) => ({
    request: `42["post",${value}]`,
    response: `42["echo",${value}]`,
  }));
  return fixed({ path: `${socketIo.path}&room=1` }, pairs, openSocketIo);
}

/** Opens a connection of graphql-ws. */
export async function openGraphql(connection: Connection): Promise<void> {
  connection.write(clientFrame('{"type":"connection_init"}'));
  await waitForText(connection, '{"type":"connection_ack"');
}

/** Queries of graphql-ws. */
export function graphqlRequest(): Dialect {
  const declared = "$id:Int!,$from:String!,$text:String!,$at:Float!,$tags:[String!]!";
  const given = "id:$id,from:$from,text:$text,at:$at,tags:$tags";
  const query = `query(${declared}){ask(${given}){id from text at tags}}`;
  const ring = new MessageRing(
    noteTexts.map((value, index) => ({
      request: `"id":"${index + 1}","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${value}}}`,
      response: `"id":"${index + 1}","type":"next","payload":{"data":{"ask":${value}}}}`,
    })),
    isCompletion,
  );
  return {
    target: { path: "/", protocol: "graphql-transport-ws" },
    open: openGraphql,
    echo: (connection, tally) => new MessageEcho(new FrameChannel(connection), ring, tally),
  };
}

/** Whether a message is `"id":"12","type":"complete"`. */
function isCompletion(bytes: Buffer, start: number): boolean {
  const type = bytes.indexOf(',"type":"', start) + 9;
  return bytes[type] === 0x63;
}
