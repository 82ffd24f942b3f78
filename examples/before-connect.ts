/** Authenticates before the connection: a hook checks each handshake, and refuses a client without a valid token. */
import { type BaseContext, createApp, identity } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";

const users = new Map([["ada-secret", "Ada"]]);

/** Finds the user of the Bearer token; refuses the handshake if no user has it. */
export function signedIn({ token = "" }: BaseContext) {
  const user = users.get(token);
  if (user !== undefined) return { user, ...identity({ principal: user }) };
  return new Response("Sign in first", { status: 401, headers: { "www-authenticate": "Bearer" } });
}

/** Serves `/members` to users with a token. */
export const app = createApp();

const members = app.group(signedIn);

members.ws("/members", (socket, { user }) => socket.send(`welcome, ${user}`));

/** Connects without a token, then with one. */
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
