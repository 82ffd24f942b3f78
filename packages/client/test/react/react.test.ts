import { contract, request, stream } from "@symbolon/protocol";
import { createElement, type ReactNode, version } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import {
  useClient,
  useClientEvent,
  useEvent,
  useRequest,
  useStatus,
  useStream,
} from "../../src/react/index.ts";
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

test("these tests run with the React of their project", () => {
  expect(version.split(".")[0]).toBe(process.env["REACT"] ?? "19");
});

test("rendering on a server shows the initial state and opens no connection", () => {
  const { made, WebSocket } = fakeSockets();
  const received: string[] = [];
  function Room(): ReactNode {
    const client = useClient(room, { url: "ws://test", params: { room: "lobby" }, WebSocket });
    const connection = useStatus(client);
    const { data, error, isPending } = useRequest(client, "join");
    const { items, status } = useStream(client, "count", { to: 3 });
    useEvent(client, "said", (line) => received.push(line));
    useClientEvent(client, "reset", ({ reason }) => received.push(reason));
    return JSON.stringify({
      connection,
      data: data ?? null,
      error: error ?? null,
      isPending,
      items,
      status,
    });
  }

  expect(globalThis).not.toHaveProperty("window");
  const html = renderToString(createElement(Room));
  expect(JSON.parse(html.replaceAll("&quot;", '"'))).toEqual({
    connection: { state: "connecting", attempt: 0, resumed: false },
    data: null,
    error: null,
    isPending: false,
    items: [],
    status: "streaming",
  });
  expect(vi.getTimerCount()).toBe(0); // a dial would be in the next macrotask
  expect(made).toEqual([]);
});

test("an input that JSON cannot carry is compared by its value as well", () => {
  const kept = contract("/kept", { client: { of: stream({ input: z.unknown(), output: z.number() }) } });
  const { WebSocket } = fakeSockets();
  function Kept({ input }: { readonly input: unknown }): ReactNode {
    return useStream(useClient(kept, { url: "ws://test", WebSocket }), "of", input).status;
  }
  for (const input of [1n, new Map([["a", 1n]]), new Set([1]), undefined])
    expect(renderToString(createElement(Kept, { input }))).toBe("streaming");
});
