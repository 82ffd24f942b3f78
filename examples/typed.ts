/** Typed messages: `receive` can name the expected type; another type throws an error, and the socket stays open. */
import { bool, int, json } from "@symbolon/protocol";
import { createApp, ValidationError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

const Address = z.object({ city: z.string() });

/** Serves `/order`. */
export const app = createApp();

app.ws("/order", async (socket) => {
  try {
    const count = await socket.receive(int);
    const gift = await socket.receive(bool);
    const { city } = await socket.receive(json(Address));
    await socket.send({ count, gift, city });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    await socket.send({ wrong: error.message }); // the socket is still open
  }
});

/** Sends an order with a number, then one with a wrong type. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  for (const count of [3, "three"]) {
    const socket = await net.connect("/order");
    for (const message of [count, true, { city: "Turin" }]) socket.send(message);
    console.log(await socket.receive());
  }
}

/* prints
{"count":3,"gift":true,"city":"Turin"}
{"wrong":"expected a whole number, got \"three\""}
*/
