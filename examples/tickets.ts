/** Authenticates by a ticket: a page that is signed in fetches one at each dial, and each lets one connection in. */
import { connect, openSocket } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp, identity } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { tickets } from "@symbolon/server/tickets";
import * as z from "zod";

const feed = contract("/feed", { server: { welcome: z.string() } });

/** Serves `/sign-in`, `POST /ticket` to callers with a cookie, and `/feed` and `/raw-feed` to callers with a ticket. */
export const app = createApp();

const { issue, check } = tickets(app);

app.http(
  "/sign-in",
  () => new Response("hello", { headers: { "set-cookie": "user=ada; HttpOnly; Secure; SameSite=Lax" } }),
);

const signedIn = app.group(({ cookies: { user } }) =>
  user === undefined ? new Response("Sign in first", { status: 401 }) : identity({ principal: user }),
);
signedIn.http("/ticket", issue);

const members = app.group(check);
members.implement(feed, function* (peer, { principal }) {
  peer.send("welcome", `welcome, ${principal}`);
  yield {};
});
members.ws("/raw-feed", (socket, { principal }) => socket.send(`welcome, ${principal}`));

/** Signs in, connects with tickets in both ways, then tries a ticket that was used before. */
export async function demo(): Promise<void> {
  const net = testNetwork(app); // it keeps cookies, as a browser does
  const { WebSocket } = net;
  await net.fetch("/sign-in");

  // In a page this is `fetch("/ticket", { method: "POST" })`: the browser adds the cookie and the Origin by itself.
  const getToken = async (): Promise<string> => {
    const response = await net.fetch("/ticket", { method: "POST", headers: { origin: "https://test" } });
    const { ticket } = (await response.json()) as { readonly ticket: string };
    return ticket;
  };

  const client = connect(feed, { url: "wss://test", getToken, WebSocket });
  console.log(await new Promise((resolve) => void client.on("welcome", resolve)));
  client.close();

  const socket = openSocket(async () => `wss://test/raw-feed?ticket=${await getToken()}`, { WebSocket });
  console.log(await socket.receive());
  socket.close();

  const request = { query: { ticket: await getToken() }, headers: { origin: "https://test" } };
  const first = await net.connect("/raw-feed", request);
  console.log(await first.receive());
  const refusal = await net.refused("/raw-feed", request);
  console.log(refusal.status, await refusal.text());
}

/* prints
welcome, ada
welcome, ada
welcome, ada
401 this ticket was used before, has expired or gave way to newer ones: ask for another
*/
