/** Accepts a handshake with extra response headers: the handler's own, and those that a hook adds to all its routes. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/ws`. */
export const app = createApp();

const branded = app.group(({ responseHeaders }) => responseHeaders.set("x-served-by", "symbolon"));

branded.ws("/ws", async (socket) => {
  await socket.accept({ headers: { "x-greeting": "welcome" } });
  await socket.send("hello");
});

/** Connects, and prints the extra headers of the response. */
export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/ws");
  console.log(socket.headers.get("x-greeting"));
  console.log(socket.headers.get("x-served-by"));
}

/* prints
welcome
symbolon
*/
