import { contract } from "@symbolon/protocol";
import { vi } from "vitest";
import { z } from "zod";
import { type AppOptions, createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** A contract with one message each way. */
export const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed").optional() }),
  client: { say: z.object({ text: z.string("text is needed") }) },
  server: { said: z.object({ text: z.string() }) },
});

/** Handles `say`. */
export type SayHandler = (input: { text: string }) => unknown;

/** The frame of a `say`. */
export function sayFrame(text: unknown, q = 1): object {
  return { t: "event", name: "say", data: { text }, q };
}

/** Starts a server that answers each `say` by `said` with the text that `handle` returns, if it returns one. */
export function startChatServer(handle: SayHandler, options: AppOptions = {}) {
  const onError = vi.fn();
  const app = createApp({ onError, ...options });
  app.implement(chat, (peer) => ({
    say: async (input) => {
      const text = await handle(input);
      if (typeof text === "string") peer.send("said", { text });
    },
  }));
  return { app, onError, net: testNetwork(app) };
}

/** Returns the text of the message. */
export const echo: SayHandler = ({ text }) => text;
