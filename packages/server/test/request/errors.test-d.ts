import { CloseError } from "@symbolon/protocol";
import { expectTypeOf } from "vitest";
import { createApp } from "../../src/app/app.ts";

class OutOfTickets extends Error {}

createApp({
  onError: (error, { request, phase }) => {
    expectTypeOf(error).toBeUnknown();
    expectTypeOf(request).toEqualTypeOf<Request>();
    expectTypeOf(phase).toEqualTypeOf<"handshake" | "open" | "receive" | "ending" | "refused">();
    if (error instanceof OutOfTickets) return { code: 4409, reason: "no tickets" };
    if (error instanceof RangeError) return new CloseError(4400);
    return phase === "handshake" ? new Response("sorry", { status: 500 }) : undefined;
  },
});
createApp({ onError: () => {} });
createApp({ onError: async () => ({ code: 4000 }) });
createApp({ onError: async () => {} });
const errors: unknown[] = [];
// @ts-expect-error -- a bare number is not an answer: the result of `push` is not a code
createApp({ onError: (error) => errors.push(error) });
