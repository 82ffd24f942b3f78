// S10
import { contract } from "@symbolon/protocol";
import { createApp, identity } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { tickets } from "@symbolon/server/tickets";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { connect, openSocket } from "../../src/index.ts";

const notes = contract("/notes", { client: {}, server: { caller: z.string() } });

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0.05));
afterEach(() => void vi.restoreAllMocks());

/** Serves routes that need a ticket on a port, and fetches tickets there as a program does, which sends no `Origin`. */
async function serveTickets() {
  const app = createApp();
  const { issue, check } = tickets(app);
  app
    .group(({ token }) =>
      token === "long-lived" ? identity({ principal: "ada" }) : new Response("who are you?", { status: 401 }),
    )
    .http("/ticket", issue);
  const members = app.group(check);
  members.ws("/raw", async (socket, { principal }) => {
    await socket.send(principal);
    for await (const message of socket) await socket.send(message);
  });
  members.implement(notes, function* (peer, { principal }) {
    peer.send("caller", principal);
    yield {};
  });
  const server = await serve(app, { port: 0, signals: false });
  const fetched: string[] = [];
  const getToken = async (): Promise<string> => {
    const init = { method: "POST", headers: { authorization: "Bearer long-lived" } };
    const answer = await fetch(`${server.url}/ticket`, init);
    const { ticket } = (await answer.json()) as { readonly ticket: string };
    fetched.push(ticket);
    return ticket;
  };
  return { app, server, fetched, getToken };
}

test("connect fetches a ticket at each dial, and the session goes on", async () => {
  const { app, server, fetched, getToken } = await serveTickets();
  await using _closing = server;
  const client = connect(notes, { url: server.url, getToken });
  const caller = await new Promise((resolve) => void client.on("caller", resolve));
  expect(caller).toBe("ada");
  expect(fetched).toHaveLength(1);
  const resumed = new Promise<void>((resolve) => {
    client.status.subscribe((status) => status.resumed && resolve());
  });
  app.drain(1); // the client dials another connection
  await resumed;
  expect(new Set(fetched).size).toBe(2);
  client.close();
  await client.closed;
});

test("a client whose ticket was used before fetches another, and connects", async () => {
  const { server, fetched, getToken } = await serveTickets();
  await using _closing = server;
  const used = await getToken();
  const first = openSocket(`${server.url}/raw?ticket=${used}`);
  expect(await first.receive()).toBe("ada");
  first.close();
  const client = connect(notes, {
    url: server.url,
    getToken: () => (fetched.length === 1 ? (fetched.push(used), used) : getToken()),
  });
  await client.opened;
  expect(fetched.slice(0, 2)).toEqual([used, used]);
  expect(fetched).toHaveLength(3);
  client.close();
  await client.closed;
});

test("openSocket asks for a ticket at each dial", async () => {
  const { app, server, fetched, getToken } = await serveTickets();
  await using _closing = server;
  const socket = openSocket(async () => `${server.url}/raw?ticket=${await getToken()}`);
  expect(await socket.receive()).toBe("ada");
  app.drain(1); // closes raw sockets with 1012
  expect(await socket.receive()).toBe("ada");
  expect(new Set(fetched).size).toBe(2);
  socket.close();
  await socket.closed;
});
