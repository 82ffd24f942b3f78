/** An app with tickets, and a page that asks for them. */
import { contract } from "@symbolon/protocol";
import { expect } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { type TicketOptions, tickets } from "../../src/app/tickets.ts";
import type { AppOptions } from "../../src/app/types.ts";
import { identity } from "../../src/request/identity.ts";
import { Clock, type TestNetwork, testNetwork } from "../../src/testing/index.ts";

/** The origin of the page that asks for tickets: the server's own. */
export const origin = "http://test";
const notes = contract("/notes", { client: {}, server: { caller: contractText() } });

/** A schema of any text. */
function contractText() {
  return {
    "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value: value as string }) },
  } as const;
}

/** An app that gives tickets to callers with a cookie, and lets in callers with a ticket. */
export function createTicketApp(options: AppOptions = {}, ticketOptions?: TicketOptions, expiresAt?: number) {
  const clock = new Clock();
  const app = createApp({ clock, ...options });
  const { issue, check } = tickets(app, ticketOptions);
  const signedIn = app.group(({ cookies: { user } }) =>
    user === undefined
      ? new Response("Sign in first", { status: 401 })
      : identity({ principal: user, expiresAt }),
  );
  signedIn.http("/ticket", issue);
  const members = app.group(check);
  members.ws("/raw", (socket, { principal }) => socket.send(principal));
  members.implement(notes, function* (peer, { principal }) {
    peer.send("caller", principal);
    yield {};
  });
  return { app, clock, net: testNetwork(app) };
}

/** Asks for a ticket of Ada, as a page does. */
export function requestTicket(net: Pick<TestNetwork, "fetch">, headers: Record<string, string> = {}) {
  return net.fetch("/ticket", { method: "POST", headers: { cookie: "user=ada", origin, ...headers } });
}

/** The ticket of an answer. */
export async function ticketOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  const { ticket } = (await response.json()) as { readonly ticket: string };
  return ticket;
}

/** A new ticket. */
export async function newTicket(
  net: Pick<TestNetwork, "fetch">,
  headers?: Record<string, string>,
): Promise<string> {
  return ticketOf(await requestTicket(net, headers));
}

/** The status with which `/raw` answers, and its text: the caller's name, or why the server refuses. */
export async function tryRaw(net: TestNetwork, ticket: string, from: string | undefined = origin) {
  const options = { query: { ticket }, ...(from !== "" && { headers: { origin: from } }) };
  try {
    const socket = await net.connect("/raw", options);
    return [101, await socket.receive()];
  } catch (error) {
    const { response } = error as { readonly response: Response };
    return [response.status, await response.text()];
  }
}

/** The statuses of answers, the smallest first. */
export function statusesOf(answers: readonly (readonly unknown[])[]): number[] {
  return answers.map(([status]) => Number(status)).sort((a, b) => a - b);
}

/** Why the server refuses a ticket that it does not have. */
export const gone = "this ticket was used before, has expired or gave way to newer ones: ask for another";
