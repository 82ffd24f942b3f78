/** Presence, from clients to clients, on one node and on two nodes of one store. */
import { type Client, connect, type RequestError } from "@symbolon/client";
import { contract } from "@symbolon/protocol";
import { createApp, identity } from "@symbolon/server";
import { memoryStore, type Store } from "@symbolon/server/store";
import { Clock, testNetwork } from "@symbolon/server/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { gate } from "../../../server/test/gate.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { z } from "zod";
import { retryAtOnce, socketsOf } from "./moving-client.ts";

const shown = z.object({ name: z.string().max(20), x: z.number().default(0) });
const board = contract("/board", {
  client: { leave: z.void() },
  presence: { data: shown },
});
const byConnection = contract("/board", {
  client: { leave: z.void() },
  presence: { data: shown, by: "connection" },
});
const plainBoard = contract("/board", { client: { leave: z.void() } });

type Board = typeof board;

/** A server whose clients are all in the room "main". A client's token is its principal. */
function startNode(clock: Clock, store?: Store, served: Board | typeof byConnection = board) {
  const errors: string[] = [];
  const onError = (error: unknown): void => void errors.push(String(error));
  const app = createApp({ clock, onError, ...(store && { store }) });
  const users = app.group(({ token }) => (token === undefined ? {} : identity({ principal: token })));
  const service = users.implement(served as Board, (peer, { room }) => {
    room("main").join(peer);
    return { leave: () => room("main").leave(peer) };
  });
  const net = testNetwork(app);
  return { app, net, service, errors, room: service.room("main") };
}

type Node = ReturnType<typeof startNode>;

/** A client of a node, which may change it, or stay away. */
function connectTo(node: Node, token?: string, served: unknown = board) {
  const place: { node: Node; dials: Promise<void> } = { node, dials: Promise.resolve() };
  const client = connect(served as Board, {
    url: async () => {
      await place.dials;
      return "wss://test";
    },
    WebSocket: socketsOf(() => place.node.net),
    ...(token !== undefined && { getToken: () => token }),
  });
  onTestFinished(() => client.close());
  const failures: string[] = [];
  client.onFailed(({ name, error }) => void failures.push(`${name}: ${(error as RequestError).code}`));
  return { client, place, failures, here: () => membersOf(client) };
}

const membersOf = (client: Client<Board>) =>
  client
    .presence("main")
    .value.map(({ principal = "?", state, connections, data, self }) =>
      [principal, state, connections, data?.name ?? "-", ...(self ? ["self"] : [])].join(" "),
    )
    .sort();

/** A store with the data of another one, which appends nothing to rooms while `fails`. */
function failingStore(store: Store) {
  const failing = {
    ...store,
    fails: false,
    rooms: Object.assign(Object.create(store.rooms) as Store["rooms"], {
      append: (...message: Parameters<Store["rooms"]["append"]>) =>
        failing.fails ? Promise.reject(new Error("no connection")) : store.rooms.append(...message),
    }),
  };
  return failing;
}

/** Lets time pass until what `read` returns is as expected. */
async function eventually(clock: Clock, read: () => unknown, expected: unknown): Promise<void> {
  await vi.waitFor(() => {
    clock.advance(50);
    expect(read()).toEqual(expected);
  }, waitOptions);
}

/** Lets `ms` pass, as fast as the promises allow. */
async function pass(clock: Clock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

retryAtOnce();

/** Bob sees Ada, who has set her name. */
async function meet() {
  const clock = new Clock();
  const node = startNode(clock);
  const [ada, bob] = [connectTo(node, "ada"), connectTo(node, "bob")];
  ada.client.presence("main").set({ name: "Ada" });
  await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
  return { clock, node, ada, bob };
}

describe("the members of a room", () => {
  test("see who is there, and what each shows, as the schema makes it", async () => {
    const { clock, node, ada, bob } = await meet();
    await eventually(clock, ada.here, ["ada here 1 Ada self", "bob here 1 -"]);
    expect(bob.client.presence("main").value.find(({ data }) => data)?.data).toEqual({ name: "Ada", x: 0 });
    expect(node.room.presence.members).toMatchObject([{ id: "@ada", data: { x: 0 } }, { id: "@bob" }]);
    bob.client.presence("main").set({ name: "Bob", x: 7 });
    await eventually(clock, ada.here, ["ada here 1 Ada self", "bob here 1 Bob"]);
    await bob.client.send("leave");
    await eventually(clock, ada.here, ["ada here 1 Ada self"]);
    expect([bob.here(), bob.failures, node.errors]).toEqual([[], [], []]);
  });

  test("are away while they are disconnected, are back with what they showed, and gone with their session", async () => {
    const { clock, node, ada, bob } = await meet();
    const { passed, open } = gate();
    ada.place.dials = passed;
    ada.client.reconnect();
    node.net.drop();
    await eventually(clock, bob.here, ["ada away 1 Ada", "bob here 1 - self"]);
    open();
    await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
    await eventually(clock, ada.here, ["ada here 1 Ada self", "bob here 1 -"]);
    ada.client.close();
    await eventually(clock, bob.here, ["bob here 1 - self"]);
    expect(node.errors).toEqual([]);
  });

  test("of one principal are one member, with the data that was set last; without a principal each is one", async () => {
    const clock = new Clock();
    const node = startNode(clock);
    const [phone, laptop, guest] = [connectTo(node, "ada"), connectTo(node, "ada"), connectTo(node)];
    phone.client.presence("main").set({ name: "phone" });
    await eventually(clock, phone.here, ["? here 1 -", "ada here 2 phone self"]);
    laptop.client.presence("main").set({ name: "laptop" });
    await eventually(clock, guest.here, ["? here 1 - self", "ada here 2 laptop"]);
    phone.client.close();
    await eventually(clock, guest.here, ["? here 1 - self", "ada here 1 laptop"]);
    expect(node.room.presence.members).toHaveLength(2);
  });

  test("are connections, where the contract says so, and do not see principals", async () => {
    const clock = new Clock();
    const node = startNode(clock, undefined, byConnection);
    const [one, two] = [connectTo(node, "ada", byConnection), connectTo(node, "ada", byConnection)];
    await eventually(clock, one.here, ["? here 1 -", "? here 1 - self"]);
    await eventually(clock, two.here, ["? here 1 -", "? here 1 - self"]);
    expect(node.room.presence.members).toHaveLength(2);
  });

  test("get what the schema refuses as a failure, and go on", async () => {
    const clock = new Clock();
    const node = startNode(clock);
    const ada = connectTo(node, "ada");
    ada.client.presence("main").set({ name: "A".repeat(21) });
    await eventually(clock, () => ada.failures, ["presence: INVALID"]);
    ada.client.presence("main").set({ name: "A", x: 1, pad: "x".repeat(5_000) } as never);
    await eventually(clock, () => ada.failures, ["presence: INVALID", "presence: TOO_LARGE"]);
    ada.client.presence("main").set({ name: "Ada" });
    await eventually(clock, ada.here, ["ada here 1 Ada self"]);
    expect(() => ada.client.presence("main").set({ name: 1n } as never)).toThrow(TypeError);
    expect(node.errors).toEqual([]);
  });

  test("need a contract that declares presence: a server without it says so", async () => {
    const clock = new Clock();
    const node = startNode(clock, undefined, plainBoard as never);
    const ada = connectTo(node, "ada");
    ada.client.presence("main").set({ name: "Ada" });
    await eventually(clock, () => ada.failures, ["presence: NO_PRESENCE"]);
    expect(() => node.room.presence).toThrow("the contract declares no presence");
  });
});

describe("two nodes of one store", () => {
  function startTwo() {
    const clock = new Clock();
    const store = memoryStore();
    const nodes = [startNode(clock, store), startNode(clock, store)] as const;
    return { clock, store, nodes, ada: connectTo(nodes[0], "ada"), bob: connectTo(nodes[1], "bob") };
  }

  test("have the same members", async () => {
    const { clock, nodes, ada, bob } = startTwo();
    ada.client.presence("main").set({ name: "Ada" });
    await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
    await eventually(clock, ada.here, ["ada here 1 Ada self", "bob here 1 -"]);
    expect(nodes[0].room.presence.members).toEqual(
      expect.arrayContaining([...nodes[1].room.presence.members]),
    );
    const guest = connectTo(nodes[0], "ada");
    await eventually(clock, bob.here, ["ada here 2 Ada", "bob here 1 - self"]);
    guest.client.close();
    await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
    expect(nodes.map(({ errors }) => errors)).toEqual([[], []]);
  });

  test("show a client that moves as present all the time", async () => {
    const { clock, nodes, ada, bob } = startTwo();
    ada.client.presence("main").set({ name: "Ada" });
    await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
    const seen = new Set<string>();
    bob.client.presence("main").subscribe(() => seen.add(bob.here()[0] ?? "nothing"));
    ada.place.node = nodes[1];
    ada.client.reconnect();
    await vi.waitFor(() => expect(ada.client.status.value.resumed).toBe(true), waitOptions);
    ada.client.presence("main").set({ name: "moved" });
    await eventually(clock, bob.here, ["ada here 1 moved", "bob here 1 - self"]);
    await pass(clock, 10_000);
    expect(bob.here()).toEqual(["ada here 1 moved", "bob here 1 - self"]);
    expect(Array.from(seen).filter((member) => !/^ada \w+ 1 /.test(member))).toEqual([]);
  });

  test("lose the members of a node that gives no sign of life for 15 s, and learn of them when it goes on", async () => {
    const store = memoryStore();
    const [clock, other] = [new Clock(), new Clock()];
    const [ada, bob] = [connectTo(startNode(other, store), "ada"), connectTo(startNode(clock, store), "bob")];
    ada.client.presence("main").set({ name: "Ada" });
    await vi.waitFor(() => {
      clock.advance(50);
      other.advance(50);
      expect(bob.here()).toEqual(["ada here 1 Ada", "bob here 1 - self"]);
    }, waitOptions);
    await pass(clock, 14_000);
    expect(bob.here()).toEqual(["ada here 1 Ada", "bob here 1 - self"]);
    await pass(clock, 6_000);
    expect(bob.here()).toEqual(["bob here 1 - self"]);
    await pass(other, 6_000);
    await vi.waitFor(() => {
      clock.advance(50);
      other.advance(50);
      expect(bob.here()).toEqual(["ada here 1 Ada", "bob here 1 - self"]);
    }, waitOptions);
  });

  test("announce again what the store has lost, and report it", async () => {
    const clock = new Clock();
    const store = memoryStore();
    const failing = failingStore(store);
    const [one, two] = [startNode(clock, failing), startNode(clock, store)];
    const [ada, bob] = [connectTo(one, "ada"), connectTo(two, "bob")];
    await eventually(clock, bob.here, ["ada here 1 -", "bob here 1 - self"]);
    failing.fails = true;
    ada.client.presence("main").set({ name: "Ada" });
    await eventually(clock, ada.here, ["ada here 1 Ada self", "bob here 1 -"]);
    await vi.waitFor(() => expect(one.errors).toContain("Error: no connection"), waitOptions);
    expect(bob.here()).toEqual(["ada here 1 -", "bob here 1 - self"]);
    failing.fails = false;
    await eventually(clock, bob.here, ["ada here 1 Ada", "bob here 1 - self"]);
  });

  test("announce that the last member of a room has left until the store has it", async () => {
    const clock = new Clock();
    const store = memoryStore();
    const failing = failingStore(store);
    const [one, two] = [startNode(clock, failing), startNode(clock, store)];
    one.service.room("another").presence.subscribe(() => {}); // its node lives on
    const [ada, bob] = [connectTo(one, "ada"), connectTo(two, "bob")];
    await eventually(clock, bob.here, ["ada here 1 -", "bob here 1 - self"]);
    failing.fails = true;
    ada.client.close();
    await eventually(clock, () => one.room.presence.members.some(({ id }) => id === "@ada"), false);
    await pass(clock, 1_000);
    expect(one.errors).toContain("Error: no connection");
    expect(bob.here()).toEqual(["ada here 1 -", "bob here 1 - self"]);
    failing.fails = false;
    await pass(clock, 5_000);
    await eventually(clock, bob.here, ["bob here 1 - self"]);
  });
});
