/** What presence on a store in Redis does when connections break: what is published meanwhile is lost. */
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { slow } from "../../../test/time-limits.ts";
import { flushPromises } from "../../server/test/flush-promises.ts";
import { watchRoom } from "../../server/test/store/network/calls-once.ts";
import { Forwarder } from "../../server/test/store/network/forwarder.ts";
import { eventually, startPresenceNodes } from "../../server/test/store/presence-nodes.ts";
import { openStore, startRedis } from "./redis-server/start-redis.ts";

const kinds = ["redis", "ioredis"] as const;

/** The room of the log in which the nodes announce the members of the room. */
const channel = '["/board","main","presence"]';

/** Two nodes, each with a client, whose connections to Redis go through a forwarder each. */
async function startTwo(kind: (typeof kinds)[number] = "redis") {
  const server = await startRedis();
  const open = (port: number) => {
    const url = server.urlAt(port);
    return openStore(kind === "redis" ? { url } : { client: new Redis(url, { lazyConnect: true }) });
  };
  const ways = [await Forwarder.start(server.port), await Forwarder.start(server.port)] as const;
  const stores = [open(ways[0].port), open(ways[1].port)] as const;
  const nodes = startPresenceNodes(stores);
  const [ada, bob] = [nodes[0].open("ada"), nodes[1].open("bob")];
  ada.show("Ada");
  bob.show("Bob");
  const members = () => nodes.map((node) => node.members());
  const all = ["ada here 1 Ada", "bob here 1 Bob"];
  await eventually(nodes, members, [all, all]);
  /** Bob shows a name, and Redis has it. */
  const bobShows = async (name: string): Promise<void> => {
    bob.show(name);
    await eventually([nodes[1]], () => bob.sees().at(-1), `bob here 1 ${name}`);
    await stores[1].rooms.position("r"); // answered after what was appended before
  };
  return { server, ways, nodes, ada, bob, members, bobShows };
}

function cut(way: Forwarder): void {
  way.target = 1; // refused
  way.break();
}

const has = (part: string) => (text: unknown) => String(text).includes(part);

test.each(kinds)(
  "what a node does not receive by %s while its connections are lost arrives",
  async (kind) => {
    const { server, ways, nodes, members, bobShows } = await startTwo(kind);
    cut(ways[0]);
    await bobShows("lost");
    expect(nodes[0].members()).toEqual(["ada here 1 Ada", "bob here 1 Bob"]);
    ways[0].target = server.port;
    const all = ["ada here 1 Ada", "bob here 1 lost"];
    await eventually(nodes, members, [all, all]);
  },
);

test("what a node does not receive arrives though its question is lost too", slow, async () => {
  const { server, ways, nodes, members, bobShows } = await startTwo();
  const announced = await watchRoom(openStore({ url: server.url }), channel);
  cut(ways[0]);
  await bobShows("lost");
  cut(ways[1]);
  const { length } = announced;
  ways[0].target = server.port;
  await eventually([nodes[0]], () => announced.slice(length).some(has('"asks":true')), true);
  ways[1].target = server.port;
  const all = ["ada here 1 Ada", "bob here 1 lost"];
  await eventually(nodes, members, [all, all]);
  expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test("the last client of another node is gone though a node does not receive that", slow, async () => {
  const { server, ways, nodes, bob } = await startTwo();
  const announced = await watchRoom(openStore({ url: server.url }), channel);
  nodes[1].followAnother();
  cut(ways[0]);
  bob.close();
  await eventually([nodes[1]], () => announced.some(has('"gone":["')), true);
  ways[0].target = server.port;
  await eventually(nodes, () => nodes[0].members(), ["ada here 1 Ada"]);
  expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test("two nodes have the same members after their connections broke many times", slow, async () => {
  const { ways, nodes, ada, bob, members } = await startTwo();
  for (const way of ways) way.breakAfter(10_000);
  let n = 0;
  while (n < 300 || ways.some(({ breaks }) => breaks < 2)) {
    n += 1;
    ada.show(`Ada ${n}`);
    bob.show(`Bob ${n}`);
    for (const { clock } of nodes) clock.advance(50);
    await flushPromises();
  }
  const all = [`ada here 1 Ada ${n}`, `bob here 1 Bob ${n}`];
  await eventually(nodes, members, [all, all]);
  expect(members()).toEqual([all, all]);
});
