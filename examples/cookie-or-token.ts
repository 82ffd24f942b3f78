/**
 * Authenticates by a cookie or a query token: a browser's `WebSocket` sends cookies, but cannot set other headers. A token in a
 * URL should be short-lived: tickets.ts shows that.
 */
import { text } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import * as z from "zod";

/** Serves `/items/:id/ws` to clients with a cookie or a token. */
export const app = createApp();

const options = {
  receive: text,
  cookies: z.object({ session: z.string().optional() }),
  query: z.object({ token: z.string().optional(), q: z.coerce.number().int().optional() }),
};

app.ws("/items/:id/ws", options, async (socket, { params: { id }, cookies, query: { token, q } }) => {
  const credential = cookies.session ?? token;
  if (credential === undefined)
    throw new Response("A session cookie or a token is required", { status: 403 });

  for await (const line of socket) {
    await socket.send(`Session cookie or query token value is: ${credential}`);
    if (q !== undefined) await socket.send(`Query parameter q is: ${q}`);
    await socket.send(`Message text was: ${line}, for item ID: ${id}`);
  }
});

/** Connects with a cookie, then with a token. */
export async function demo(): Promise<void> {
  const net = testNetwork(app);

  const page = await net.connect("/items/foo/ws", { cookies: { session: "fakesession" } });
  page.send("hello");
  console.log(await page.receive());
  console.log(await page.receive());

  const program = await net.connect("/items/foo/ws", { query: { token: "some-token", q: "3" } });
  program.send("hello");
  console.log(await program.receive());
  console.log(await program.receive());
  console.log(await program.receive());
}

/* prints
Session cookie or query token value is: fakesession
Message text was: hello, for item ID: foo
Session cookie or query token value is: some-token
Query parameter q is: 3
Message text was: hello, for item ID: foo
*/
