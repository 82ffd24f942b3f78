/** Typed messages: each `receive` may say what it expects, and a wrong one is an error that leaves the socket open. */
import { bool, createApp, int, json, ValidationError } from "@symbolon/server";
import { testClient } from "@symbolon/server/testing";
import * as z from "zod";

const Address = z.object({ city: z.string() });

export const app = createApp();

app.ws("/order", async (socket) => {
  const count = await socket.receive(int);
  const gift = await socket.receive(bool);
  const { city } = await socket.receive(json(Address)).catch((error: unknown) => {
    if (error instanceof ValidationError) return { city: "nowhere" };
    throw error;
  });
  await socket.send({ count, gift, city });
});

export async function demo(): Promise<void> {
  const net = testClient(app);
  for (const address of [{ city: "Turin" }, { town: "Turin" }]) {
    const socket = await net.connect("/order");
    for (const message of [3, true, address]) socket.send(message);
    console.log(await socket.receive());
  }
}

/* prints
{"count":3,"gift":true,"city":"Turin"}
{"count":3,"gift":true,"city":"nowhere"}
*/
