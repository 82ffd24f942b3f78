/** The contract of a chat, with each kind of message. */
import { contract, request, stream } from "@symbolon/protocol";
import { Limit, Line, Lines, Name, Nothing, Capacity, Text, Typist } from "./schemas.ts";

/** What the client and the server of the chat send each other. */
export const chat = contract("/chat/:room", {
  query: Name,
  client: {
    post: Text,
    history: request({ input: Limit, output: Lines, errors: { ROOM_FULL: Capacity } }),
    typing: stream({ input: Nothing, output: Typist }),
  },
  server: {
    message: Line,
    disconnected: Name,
  },
});
