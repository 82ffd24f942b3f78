/** Reads the current request in a function that a handler calls, without passing the context to it. */
import { createApp } from "@symbolon/server";
import { current } from "@symbolon/server/current";
import { testNetwork } from "@symbolon/server/testing";

/** Serves `/hello`. */
export const app = createApp();

app.ws("/hello", async (socket) => {
  for await (const name of socket) await socket.send(greet(String(name)));
});

function greet(name: string): string {
  const { request } = current();
  return request.headers.get("accept-language") === "de" ? `Hallo, ${name}` : `Hello, ${name}`;
}

/** Connects in two languages, and prints the greetings. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);
  for (const language of ["en", "de"]) {
    const socket = await net.connect("/hello", { headers: { "accept-language": language } });
    socket.send("Ada");
    console.log(await socket.receive());
  }
}

/* prints
Hello, Ada
Hallo, Ada
*/
