import { contract } from "@symbolon/protocol";
import { act, createElement, type ReactNode, StrictMode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, type Client, type EventFailure } from "../../src/index.ts";
import { useClient, useClientEvent } from "../../src/react/index.ts";
import { fakeSockets, pass, welcome } from "../connection/fakes.ts";
import { type ComponentPage, openComponentPage } from "./component-page.ts";

const room = contract("/rooms/:room", { client: { post: z.number() } });
type RoomClient = Client<typeof room>;

let page: ComponentPage;

beforeEach(async () => {
  page = await openComponentPage();
  vi.useFakeTimers({ now: 0 });
});
afterEach(async () => {
  act(() => page.root.unmount());
  await pass(5_000);
  vi.useRealTimers();
  await page.close();
});

/** Components that use rooms over fake sockets, the clients that they got, and what their `failed` listeners received. */
function useRooms() {
  const { last, made, WebSocket } = fakeSockets();
  const clients = new Map<string, RoomClient>();
  const failures: string[] = [];
  function Room({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
    const client = useClient(room, { url: "ws://test", params: { room: id }, WebSocket });
    clients.set(id, client);
    return createElement(Notice, { client, name: `${name} in ${id}` });
  }
  function Notice({ client, name }: { readonly client: RoomClient; readonly name: string }): ReactNode {
    useClientEvent(client, "failed", ({ data, error }: EventFailure) => {
      failures.push(`${name}: ${String(data)} ${"code" in error ? error.code : ""}`);
    });
    return null;
  }
  /** Renders a room for each name. */
  const render = (rooms: Readonly<Record<string, string>>): void => {
    const children = Object.entries(rooms).map(([name, id]) => createElement(Room, { key: name, name, id }));
    act(() => page.root.render(createElement(StrictMode, null, children)));
  };
  const clientOf = (id: string): RoomClient => clients.get(id) as RoomClient;
  /** Opens the socket that was made last. */
  const open = async (): Promise<void> => {
    await act(() => pass());
    last().emitOpen();
    last().emitMessage(welcome());
  };
  const sockets = () =>
    made.map(({ url, sent }) => ({ url, posts: sent.filter((frame) => String(frame).includes("post")) }));
  return { render, clientOf, open, failures, last, made, sockets, Notice, WebSocket };
}

test("what was sent offline and is lost after an unmount reaches the listener of the component", async () => {
  const { render, clientOf, failures } = useRooms();
  render({ Ada: "a" });
  const client = clientOf("a");
  client.send("post", 1);
  client.send("post", 2);
  render({});
  await pass(4_999);
  expect(failures).toEqual([]);
  await pass(1);
  expect(failures).toEqual(["Ada in a: 1 1000", "Ada in a: 2 1000"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("of 200 sends before the room changes each is sent, and one that is rejected then reaches the listener", async () => {
  const { render, clientOf, failures, open, sockets, made } = useRooms();
  render({ Ada: "a" });
  await open();
  const old = clientOf("a");
  for (let n = 1; n <= 200; n += 1) old.send("post", n);
  render({ Ada: "b" });
  await pass(1);
  expect(old.status.value.state).toBe("open");
  const [wire] = made;
  wire?.emitMessage('{"s":1,"t":"error","re":7,"code":"NO","message":"no"}');
  for (let n = 10; n <= 200; n += 10) wire?.emitMessage(`{"t":"ack","a":${n}}`);
  expect(sockets()[0]?.posts).toHaveLength(200);
  expect(old.status.value.state).toBe("closed");
  expect(failures).toEqual(["Ada in b: 7 NO"]);
});

test("a failure reaches each mounted component once, and no component that left a client which others use", async () => {
  const { render, clientOf, failures, open, last } = useRooms();
  render({ Ada: "a", Bob: "a" });
  await open();
  render({ Bob: "a" });
  await pass(1);
  clientOf("a").send("post", 1);
  last().emitMessage('{"s":1,"t":"error","re":1,"code":"NO","message":"no"}');
  expect(failures).toEqual(["Bob in a: 1 NO"]);
});

test("a client that the application made itself reports to mounted components alone", async () => {
  const { Notice, failures, WebSocket } = useRooms();
  const client = connect(room, { url: "ws://test", params: { room: "own" }, WebSocket });
  act(() => page.root.render(createElement(Notice, { client, name: "Ada" })));
  client.send("post", 1);
  act(() => page.root.render(null));
  client.close();
  expect(failures).toEqual([]);
});
