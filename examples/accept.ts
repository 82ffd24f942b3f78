/** Accepting with headers of one's own; a hook adds headers to the answers of all its routes. */
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

export const app = createApp();

const branded = app.use(({ responseHeaders: answer }) => answer.set("x-served-by", "symbolon"));

branded.ws("/ws", async (socket) => {
  await socket.accept({ headers: { "x-greeting": "welcome" } });
  await socket.send("hello");
});

export async function demo(): Promise<void> {
  const socket = await testNetwork(app).connect("/ws");
  console.log(socket.headers.get("x-greeting"));
  console.log(socket.headers.get("x-served-by"));
}

/* prints
welcome
symbolon
*/
