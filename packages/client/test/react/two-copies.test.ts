/** A component's package may resolve another copy of `@symbolon/client` than the page does. */
import { contract, request, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { act, createElement, type ReactNode, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { type Client, openedWithin } from "../../src/index.ts";
import * as own from "../../src/react/index.ts";
import { fakeSockets, pass } from "../connection/fakes.ts";
import { type ComponentPage, openComponentPage } from "./component-page.ts";

/** The other copy: the same sources, loaded again. */
vi.resetModules();
const other: typeof own = await import("../../src/react/index.ts");
const { connect: otherConnect, openedWithin: otherOpenedWithin } = await import("../../src/index.ts");

const board = contract("/board", {
  client: {
    post: z.string(),
    lines: request({ input: z.null(), output: z.string() }),
    count: stream({ input: z.number(), output: z.number() }),
  },
  server: { posted: z.string() },
});

let page: ComponentPage;

beforeEach(async () => {
  page = await openComponentPage();
});
afterEach(async () => {
  await act(async () => page.root.unmount());
  vi.useRealTimers();
  await page.close();
});

test("the copies are two", () => {
  expect(other.useClient).not.toBe(own.useClient);
});

test("the hooks of one copy work with a client of another", async () => {
  const app = createApp();
  app.implement(board, (peer) => ({
    post: (text) => void peer.send("posted", text),
    lines: () => "a line",
    *count(to) {
      for (let n = 1; n <= to; n += 1) yield n;
    },
  }));
  const client = otherConnect(board, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
  await Promise.all([openedWithin(client, 5_000), otherOpenedWithin(client, 5_000)]);
  let ask = (): void => {};
  function Board(): ReactNode {
    const [posted, setPosted] = useState("nothing");
    const { state } = own.useStatus(client);
    const { execute, data } = own.useRequest(client, "lines");
    const { items, status } = own.useStream(client, "count", 3);
    own.useEvent(client, "posted", setPosted);
    ask = () => execute(null);
    return [state, data, posted, status, ...items].join();
  }
  await act(async () => page.root.render(createElement(Board)));
  await act(async () => {
    ask();
    await client.send("post", "news");
  });
  await act(() =>
    vi.waitFor(() => expect(page.element.textContent).toBe("open,a line,news,done,1,2,3"), waitOptions),
  );
  await act(async () => client.close());
});

test("what fails after the unmount reaches a listener of another copy than the one that made the client", async () => {
  vi.useFakeTimers({ now: 0 });
  const { WebSocket } = fakeSockets();
  const failures: unknown[] = [];
  let client: Client<typeof board> | undefined;
  function Board(): ReactNode {
    client = own.useClient(board, { url: "ws://test", WebSocket });
    other.useClientEvent(client, "failed", ({ data }) => failures.push(data));
    return null;
  }
  await act(async () => page.root.render(createElement(Board)));
  client?.send("post", "a");
  await act(async () => page.root.render(null));
  await pass(5_000);
  expect(failures).toEqual(["a"]);
});
