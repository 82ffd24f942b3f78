/** The server's half of the chat. */
import { createApp } from "@symbolon/server";
import { chat } from "./contract.ts";

const members = createApp().use(({ request }) => {
  const user = request.headers.get("authorization");
  return user === null ? new Response("Unauthorized", { status: 401 }) : { user };
});

members.implement(chat, async function* (peer, { params, query, room, user }) {
  const here = room(params.room);
  here.join(peer);
  // @ts-expect-error -- a proof that these are types at all
  here.send("message", { line: "hello" });
  try {
    yield {
      say: ({ text }) => here.send("message", { from: query.name, text }),
      history: ({ limit }) => [{ from: user, text: "hello" }].slice(-limit),
      typing: async function* (_, { signal }) {
        while (!signal.aborted) yield query.name;
      },
    };
  } finally {
    here.send("left", { name: query.name });
  }
});
