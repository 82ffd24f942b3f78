/** A listener: its return value is the reply. Schemas check each message, and remove the fields that stay private. */
import { json } from "@symbolon/protocol";
import { createApp, listen } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

const NewUser = z.object({ name: z.string().min(1) });
const PublicUser = z.object({ name: z.string(), joined: z.date() });

/** Serves `/users`. */
export const app = createApp();

app.ws(
  "/users",
  { receive: json(NewUser), send: json(PublicUser) },
  listen(({ name }) => ({ id: 42, name, joined: new Date(0) })), // may be async; undefined sends nothing
);

/** Sends a new user, and prints the reply. */
export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/users");
  socket.send({ name: "Ada" });
  console.log(await socket.receive());
}

/* prints
{"name":"Ada","joined":"1970-01-01T00:00:00.000Z"}
*/
