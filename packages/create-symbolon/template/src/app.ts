import { createApp } from "@symbolon/server";
import { chat } from "./chat.ts";

export const app = createApp();

app.implement(chat, function* (peer, { params, query, room, service }) {
  room(params.room).join(peer); // leaves by itself
  try {
    yield {
      // sent when the handler has finished, and dropped when it throws
      say: ({ text }, call) => call.room(params.room).send("message", { from: query.name, text }),
    };
  } finally {
    service.room(params.room).send("left", { name: query.name }); // sent at once
  }
});
