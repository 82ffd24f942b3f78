/** Refusing: a handler that returns a `Response` before accept says no with a status, headers and a body. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp();

app.ws("/ws", (socket, { credentials }) => {
  if (credentials?.username !== "ada" || credentials.password !== "hunter2")
    return new Response("Invalid password", { status: 403, headers: { "x-hint": "try harder" } });

  return socket.send("welcome"); // the first send accepts
});

export async function demo(): Promise<void> {
  const net = testNetwork(app);

  const refused = await net.refused("/ws");
  console.log(refused.status, refused.headers.get("x-hint"), await refused.text());

  const socket = await net.connect("/ws", { auth: { username: "ada", password: "hunter2" } });
  console.log(await socket.receive());
}

/* prints
403 try harder Invalid password
welcome
*/
