/** Apps that share their data, each with clients in one room, for the tests of presence on real stores. */
import { connect } from "../../../client/src/index.ts";
import { contract } from "@symbolon/protocol";
import { expect, onTestFinished, vi } from "vitest";
import { z } from "zod";
import { waitOptions } from "../../../../test/time-limits.ts";
import { createApp } from "../../src/app/app.ts";
import { identity } from "../../src/request/identity.ts";
import type { Store } from "../../src/store/store.ts";
import { Clock, testNetwork } from "../../src/testing/index.ts";

const board = contract("/board", {
  client: { leave: z.void() },
  presence: { data: z.object({ name: z.string() }) },
});

/** A member as a text: its principal, its state, its number of connections, and what it shows. */
const textOf = (member: {
  readonly principal?: string | undefined;
  readonly state: string;
  readonly connections: number;
  readonly data?: unknown;
}): string => {
  const { name = "-" } = Object(member.data) as { name?: string };
  return `${member.principal} ${member.state} ${member.connections} ${name}`;
};

/** A client in the room. */
interface MemberOfTest {
  /** Shows a name in the room. */
  readonly show: (name: string) => void;
  /** The members that it sees, each as a text. */
  readonly sees: () => readonly string[];
  readonly leave: () => Promise<void>;
  readonly close: () => void;
}

/** An app with a store. Its time passes with `eventually`. */
export interface NodeOfTest {
  readonly clock: Clock;
  /** What `onError` was called with. */
  readonly errors: readonly string[];
  /** The members that its code sees, each as a text. */
  readonly members: () => readonly string[];
  /** Has a subscriber in another room from now on: it lives without members. */
  readonly followAnother: () => void;
  /** Connects a client with a principal, which is in the room from then on. */
  readonly open: (principal: string) => MemberOfTest;
}

/** Starts an app with each store. The clients, and then the stores, are closed after the test. */
export function startPresenceNodes<Stores extends readonly Store[]>(
  stores: Stores,
): { readonly [Index in keyof Stores]: NodeOfTest } {
  return stores.map(startNode) as { [Index in keyof Stores]: NodeOfTest };
}

/** Lets the time of some nodes pass until what `read` returns is as expected. */
export async function eventually(
  nodes: readonly NodeOfTest[],
  read: () => unknown,
  expected: unknown,
): Promise<void> {
  await vi.waitFor(
    () => {
      for (const { clock } of nodes) clock.advance(100);
      expect(read()).toEqual(expected);
    },
    { ...waitOptions, interval: 5 },
  );
}

function startNode(store: Store): NodeOfTest {
  const clock = new Clock();
  const errors: string[] = [];
  const app = createApp({ clock, store, onError: (error) => void errors.push(String(error)) });
  const users = app.group(({ token = "" }) => identity({ principal: token }));
  const service = users.implement(board, (peer, { room }) => {
    room("main").join(peer);
    return { leave: () => room("main").leave(peer) };
  });
  const net = testNetwork(app);
  const closing: (() => void)[] = [];
  onTestFinished(async () => {
    for (const close of closing) close();
    await net.settled();
    await store.close?.();
  });
  return {
    clock,
    errors,
    members: () => service.room("main").presence.members.map(textOf).sort(),
    followAnother: () => void service.room("another").presence.subscribe(() => {}),
    open: (principal) => {
      const client = connect(board, {
        url: "wss://test",
        WebSocket: net.WebSocket,
        getToken: () => principal,
      });
      closing.push(() => client.close());
      const here = client.presence("main");
      here.subscribe(() => {}); // connects
      return {
        show: (name) => here.set({ name }),
        sees: () => here.value.map(textOf).sort(),
        leave: () => client.send("leave"),
        close: () => client.close(),
      };
    },
  };
}
