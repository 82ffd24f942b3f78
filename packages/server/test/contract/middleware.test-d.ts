import { contract, request } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";

const notes = contract("/notes/:room", {
  client: { add: z.string(), length: request({ input: z.array(z.string()), output: z.number() }) },
});
const app = createApp({ state: { started: 0 } }).use(() => ({ user: "Ada" }));

app.implement(
  notes,
  {
    middleware: [
      (message, next) => {
        expectTypeOf(message.name).toEqualTypeOf<"add" | "length">();
        expectTypeOf(message.context.user).toEqualTypeOf<string>();
        expectTypeOf(message.context.params).toEqualTypeOf<{ readonly room: string }>();
        expectTypeOf(message.call.signal).toEqualTypeOf<AbortSignal>();
        if (message.name === "add") expectTypeOf(message.input).toEqualTypeOf<string>();
        else expectTypeOf(message.input).toEqualTypeOf<string[]>();
        return next();
      },
      async (message: { readonly name: string }, next) => {
        await next();
        return message.name;
      },
    ],
  },
  () => ({ add: () => {}, length: (texts) => texts.length }),
);
