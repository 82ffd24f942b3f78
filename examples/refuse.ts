/** Refuses a handshake: a handler that returns a `Response` before it accepts chooses status, headers and body. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/ws` to clients with the right password. */
export const app = createApp();

app.ws("/ws", (socket, { credentials }) => {
  if (credentials?.username !== "ada" || credentials.password !== "hunter2")
    return new Response("Invalid password", { status: 403, headers: { "x-hint": "try harder" } });

  return socket.send("welcome"); // the first send accepts
});

/** Connects without a password, then with the right one. */
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
