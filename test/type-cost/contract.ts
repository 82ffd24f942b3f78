/** The contract of a chat, with one of each kind of message. */
import { contract, request, stream } from "@symbolon/protocol";
import { Limit, Line, Lines, Name, Nothing, Seats, Text, Typist } from "./schemas.ts";

export const chat = contract("/chat/:room", {
  query: Name,
  client: {
    say: Text,
    history: request({ input: Limit, output: Lines, errors: { ROOM_FULL: Seats } }),
    typing: stream({ input: Nothing, output: Typist }),
  },
  server: {
    message: Line,
    left: Name,
  },
});
