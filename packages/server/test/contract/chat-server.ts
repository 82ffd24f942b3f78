import { contract } from "@symbolon/protocol";
import { vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { testNetwork } from "../../src/testing/index.ts";

/** A contract with one message each way. */
export const chat = contract("/chat/:room", {
  query: z.object({ name: z.string("a name is needed").optional() }),
  client: { post: z.object({ text: z.string("text is needed") }) },
  server: { posted: z.object({ text: z.string() }) },
});

/** Handles `post`. */
export type PostHandler = (input: { text: string }) => unknown;

/** Returns the frame of a `post` event. */
export function postFrame(text: unknown, q = 1): object {
  return { t: "event", name: "post", data: { text }, q };
}

/** Starts a server that answers each `post` by `posted` with the text that `handle` returns, if it returns one. */
export function startChatServer(handle: PostHandler, options: AppOptions = {}) {
  const onError = vi.fn();
  const app = createApp({ onError, ...options });
  app.implement(chat, (peer) => ({
    post: async (input) => {
      const text = await handle(input);
      if (typeof text === "string") peer.send("posted", { text });
    },
  }));
  return { app, onError, net: testNetwork(app) };
}

/** Returns the text of the message. */
export const echo: PostHandler = ({ text }) => text;
