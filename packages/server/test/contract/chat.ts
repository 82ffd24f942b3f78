import { contract } from "@symbolon/protocol";
import { vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** A contract with one message each way. */
export const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed").optional() }),
  client: { say: z.object({ text: z.string("text is needed") }) },
  server: { said: z.object({ text: z.string() }) },
});

/** Handles what a client says. */
export type Say = (input: { text: string }) => unknown;

/** The event by which a client says something. */
export function say(text: unknown, q = 1): object {
  return { t: "event", name: "say", data: { text }, q };
}

/** An app whose clients say something, which `handle` handles and answers by the text it returns. */
export function serving(handle: Say, options: AppOptions = {}) {
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

/** Says the same again. */
export const echo: Say = ({ text }) => text;
