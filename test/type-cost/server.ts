/** The server of the chat. */
import { createApp } from "@symbolon/server";
import { chat } from "./contract.ts";

const members = createApp().group(({ request }) => {
  const user = request.headers.get("authorization");
  return user === null ? new Response("Unauthorized", { status: 401 }) : { user };
});

members.implement(chat, async function* (peer, { params, query, room, service, user }) {
  room(params.room).join(peer);
  const chatRoom = service.room(params.room);
  // @ts-expect-error -- proves that the names are typed
  chatRoom.send("message", { line: "hello" });
  try {
    yield {
      post: ({ text }, call) => call.room(params.room).send("message", { from: query.name, text }),
      history: ({ limit }) => [{ from: user, text: "hello" }].slice(-limit),
      typing: async function* (_, { signal }) {
        while (!signal.aborted) yield query.name;
      },
    };
  } finally {
    chatRoom.send("disconnected", { name: query.name });
  }
});
