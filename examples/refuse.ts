/** Refusing: a hook returns a `Response`, and a program sees its status and body. */
import { HandshakeError } from "@symbolon/client";
import { createApp } from "@symbolon/server";
import { testClient } from "@symbolon/server/testing";

const app = createApp();

const members = app.use(({ token }) =>
  token === "hunter2" ? { user: "Ada" } : new Response("Who are you?", { status: 401 }),
);

members.ws("/secret", (socket, { user }) => socket.send(`welcome, ${user}`));

const net = testClient(app);

try {
  await net.connect("/secret");
} catch (error) {
  if (!(error instanceof HandshakeError)) throw error;
  console.log(error.response.status, await error.response.text());
}

const socket = await net.connect("/secret", { headers: { authorization: "Bearer hunter2" } });
console.log(await socket.receive());

/* prints
401 Who are you?
welcome, Ada
*/
