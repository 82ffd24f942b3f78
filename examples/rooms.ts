/** A contract with rooms: messages are typed on both ends, and code outside of a connection can send to a room. */
import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

/** What the two ends of `/news/:topic` send each other. */
export const news = contract("/news/:topic", {
  client: { publish: z.object({ headline: z.string() }) },
  server: { headline: z.string() },
});

/** Serves the contract. */
export const app = createApp();

const service = app.implement(news, (peer, { params, room }) => {
  room(params.topic).join(peer);
  return {
    // The readers receive it when the handler has finished.
    publish: ({ headline }, call) => call.room(params.topic).send("headline", headline, { except: peer }),
  };
});

/** Connects a reader and a writer, and prints the headlines that the reader receives. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const options = { url: "ws://test", WebSocket: net.WebSocket, params: { topic: "weather" } };
  const reader = connect(news, options);
  const writer = connect(news, options);

  const receivedAll = new Promise<void>((resolve) => {
    reader.on("headline", (headline) => {
      console.log(headline);
      if (headline === "sun") resolve();
      else service.room("weather").send("headline", "sun"); // from outside of any connection
    });
  });

  await Promise.all([reader.opened, writer.opened]);
  writer.send("publish", { headline: "rain" });
  await receivedAll;
  reader.close();
  writer.close();
}

/* prints
rain
sun
*/
