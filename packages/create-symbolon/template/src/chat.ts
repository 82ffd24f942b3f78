import { contract } from "@symbolon/protocol";
import * as z from "zod";

export const chat = contract("/chat/:room", {
  query: z.object({ name: z.string().min(1) }),
  client: {
    // what the client may send
    say: z.object({ text: z.string().min(1).max(500) }),
  },
  server: {
    // what the server may send
    message: z.object({ from: z.string(), text: z.string() }),
    left: z.object({ name: z.string() }),
  },
});
