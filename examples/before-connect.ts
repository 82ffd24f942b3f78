/** Before connect: a hook sees every handshake of its routes first; it lets in whom it knows and refuses the others. */
import { type BaseContext, createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

const users = new Map([["ada-secret", "Ada"]]);

/** Knows the user by the Bearer token. */
export function signedIn({ token = "" }: BaseContext) {
  const user = users.get(token);
  if (user !== undefined) return { user };
  return new Response("Sign in first", { status: 401, headers: { "www-authenticate": "Bearer" } });
}

export const app = createApp();

const members = app.use(signedIn);

members.ws("/members", (socket, { user }) => socket.send(`welcome, ${user}`));

export async function demo(): Promise<void> {
  const net = testNetwork(app);

  const refused = await net.refused("/members");
  console.log(refused.status, await refused.text());

  const socket = await net.connect("/members", { auth: "ada-secret" });
  console.log(await socket.receive());
}

/* prints
401 Sign in first
welcome, Ada
*/
