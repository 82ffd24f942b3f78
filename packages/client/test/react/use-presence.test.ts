import { contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { act, createElement, type ReactNode, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { type Client, connect } from "../../src/index.ts";
import { usePresence } from "../../src/react/index.ts";
import { fakeSockets } from "../connection/fakes.ts";
import { type ComponentPage, openComponentPage } from "./component-page.ts";

const board = contract("/board", { presence: { data: z.object({ name: z.string() }), by: "connection" } });

let page: ComponentPage;

beforeEach(async () => {
  page = await openComponentPage();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", false); // messages arrive while the test waits
});
afterEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  act(() => page.root.unmount());
  await page.close();
});

const setters = new Set<unknown>();

function People({
  client,
  room = "main",
}: {
  readonly client: Client<typeof board>;
  readonly room?: string;
}): ReactNode {
  const { members, set } = usePresence(client, room);
  setters.add(set);
  return members
    .map(({ data, self }) => `${data?.name ?? "?"}${self ? " (self)" : ""}`)
    .sort()
    .join(", ");
}

test("a component shows who is in a room, and again when that changes; set stays the same", async () => {
  const app = createApp();
  app.implement(board, (peer, { room }) => {
    room("main").join(peer);
    return {};
  });
  const { WebSocket } = testNetwork(app);
  const [ada, bob] = [1, 2].map(() => connect(board, { url: "ws://test", WebSocket }));
  if (ada === undefined || bob === undefined) throw new Error("two clients");
  onTestFinished(() => [ada, bob].forEach((client) => client.close()));
  bob.presence("main").set({ name: "Bob" });
  const show = (room: string): void =>
    page.root.render(createElement(StrictMode, null, createElement(People, { client: ada, room })));
  const shows = (text: string) => vi.waitFor(() => expect(page.element.textContent).toBe(text), waitOptions);
  show("main");
  await shows("? (self), Bob");
  ada.presence("main").set({ name: "Ada" });
  await shows("Ada (self), Bob");
  expect(setters.size).toBe(1);
  bob.close();
  await shows("Ada (self)");
  show("elsewhere");
  await shows("");
});

test("rendering on a server shows no members and opens no connection", () => {
  const { made, WebSocket } = fakeSockets();
  const client = connect(board, { url: "ws://test", WebSocket });
  expect(renderToString(createElement(People, { client }))).toBe("");
  expect(made).toEqual([]);
});
