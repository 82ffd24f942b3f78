/** A contract: both halves know what may be said, and the app speaks to its rooms from outside of any connection. */
import { connect } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

export const news = contract("/news/:topic", {
  client: { publish: z.object({ headline: z.string() }) },
  server: { headline: z.string() },
});

export const app = createApp();

const service = app.implement(news, (peer, { params, room }) => {
  const readers = room(params.topic);
  readers.join(peer);
  return { publish: ({ headline }) => readers.send("headline", headline, { except: peer }) };
});

export async function demo(): Promise<void> {
  const net = testNetwork(app);
  const options = { url: "ws://test", WebSocket: net.WebSocket, params: { topic: "weather" } };
  const reader = connect(news, options);
  const writer = connect(news, options);

  const heard = new Promise<void>((resolve) => {
    reader.on("headline", (headline) => {
      console.log(headline);
      if (headline === "sun") resolve();
      else service.room("weather").send("headline", "sun"); // from outside of any connection
    });
  });

  await Promise.all([reader.opened, writer.opened]);
  writer.send("publish", { headline: "rain" });
  await heard;
  reader.close();
  writer.close();
}

/* prints
rain
sun
*/
