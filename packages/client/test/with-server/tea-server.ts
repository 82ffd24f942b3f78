import { contract, type FrameCodec } from "@symbolon/protocol";
import { jsonFrames } from "@symbolon/protocol/internal";
import { msgpack } from "@symbolon/protocol/msgpack";
import { type AppOptions, createApp, type RoomsOptions } from "@symbolon/server";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { z } from "zod";
import { connect } from "../../src/connect.ts";
import { undo, until } from "../connection/servers.ts";

/** The contract of the room `tea`. */
export const chat = contract("/chat", {
  client: { post: z.string(), leaveRoom: z.string() },
  server: { posted: z.unknown() },
});

/** An app whose clients are all members of one room, `tea`, and functions that connect members. */
export function createTeaServer(rooms: RoomsOptions<typeof chat> = {}, options: AppOptions = {}) {
  const clock = new Clock();
  const app = createApp({ clock, onError: () => {}, codecs: [msgpack], ...options });
  const service = app.implement(chat, { rooms }, (peer, { room }) => {
    room("tea").join(peer);
    return {
      post: (text, call) => void call.room("tea").send("posted", text, { except: peer }),
      leaveRoom: (name) => room(name).leave(peer),
    };
  });
  const net = testNetwork(app);
  /** Connects a client that logs the messages, gaps and resets that it receives. */
  const connectMember = (codec: FrameCodec = jsonFrames) => {
    const client = connect(chat, { url: "ws://test", WebSocket: net.WebSocket, codec });
    undo.push(() => client.close());
    const log: unknown[] = [];
    client.on("posted", (data) => log.push(data));
    client.onGap(({ room, reason }) => log.push(`gap: ${room} ${reason}`));
    client.onReset(({ reason }) => log.push(`reset: ${reason}`));
    /** Resolves with the log when it has `count` entries. */
    const logged = async (count: number): Promise<readonly unknown[]> => {
      await until(() => log.length >= count);
      return log;
    };
    return { client, log, logged };
  };
  const reconnected = async (client: ReturnType<typeof connectMember>["client"]): Promise<void> => {
    await until(() => client.status.value.state === "open");
  };
  return { app, net, clock, connectMember, reconnected, tea: service.room("tea") };
}
