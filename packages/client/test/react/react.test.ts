import { contract, request, stream } from "@symbolon/protocol";
import { createElement, type ReactNode, version } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { useClient, useEvent, useRequest, useStatus, useStream } from "../../src/react/index.ts";
import { fakeSockets } from "../connection/fakes.ts";

const room = contract("/rooms/:room", {
  client: {
    join: request({ input: z.string(), output: z.number() }),
    count: stream({ input: z.object({ to: z.number() }), output: z.number() }),
  },
  server: { said: z.string() },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the React of these tests is the one they are run for", () => {
  expect(version.split(".")[0]).toBe(process.env["REACT"] ?? "19");
});

test("rendering on a server shows the first state and opens nothing", () => {
  const { made, WebSocket } = fakeSockets();
  const heard: string[] = [];
  function Room(): ReactNode {
    const client = useClient(room, { url: "ws://test", params: { room: "lobby" }, WebSocket });
    const status = useStatus(client);
    const { data, error, isPending: pending } = useRequest(client, "join");
    const { items, running } = useStream(client, "count", { to: 3 });
    useEvent(client, "said", (line) => heard.push(line));
    return JSON.stringify({ status, data: data ?? null, error: error ?? null, pending, items, running });
  }

  expect(globalThis).not.toHaveProperty("window");
  const html = renderToString(createElement(Room));
  expect(JSON.parse(html.replaceAll("&quot;", '"'))).toEqual({
    status: { state: "connecting", attempt: 0, resumed: false },
    data: null,
    error: null,
    pending: false,
    items: [],
    running: true,
  });
  expect(vi.getTimerCount()).toBe(0); // a dial would be in the next macrotask
  expect(made).toEqual([]);
});

test("an input that JSON cannot carry is told apart by its value as well", () => {
  const kept = contract("/kept", { client: { of: stream({ input: z.unknown(), output: z.number() }) } });
  const { WebSocket } = fakeSockets();
  function Kept({ input }: { readonly input: unknown }): ReactNode {
    return String(useStream(useClient(kept, { url: "ws://test", WebSocket }), "of", input).running);
  }
  for (const input of [1n, new Map([["a", 1n]]), new Set([1]), undefined])
    expect(renderToString(createElement(Kept, { input }))).toBe("true");
});
