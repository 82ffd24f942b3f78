/** What presence needs of a store whose data several processes have open at the same time. */
import { describe, expect, test } from "vitest";
import { slow } from "../../../../test/time-limits.ts";
import type { Awaitable } from "../../src/store/awaitable.ts";
import { flushPromises } from "../flush-promises.ts";
import type { StoreData } from "./handover-conformance.ts";
import { eventually, startPresenceNodes } from "./presence-nodes.ts";

/** Tests the presence of two apps with a store each; `create` returns new, empty data each time. */
export function testPresence(name: string, create: () => Awaitable<StoreData>): void {
  describe(`${name}: presence`, () => {
    const startTwo = async () => {
      const data = await create();
      const nodes = startPresenceNodes([await data.open(), await data.open()] as const);
      return { nodes, one: nodes[0], two: nodes[1], ada: nodes[0].open("ada"), bob: nodes[1].open("bob") };
    };

    test(
      "two nodes have the same members, with the newest of what each shows, until they leave",
      slow,
      async () => {
        const { nodes, one, two, ada, bob } = await startTwo();
        const all = () => [one.members(), two.members(), ada.sees(), bob.sees()];
        const each = (...members: string[]) => Array.from({ length: 4 }, () => members);
        for (let n = 1; n <= 30; n += 1) {
          ada.show(`Ada ${n}`);
          bob.show(`Bob ${n}`);
          for (const { clock } of nodes) clock.advance(50);
          await flushPromises();
        }
        await eventually(nodes, all, each("ada here 1 Ada 30", "bob here 1 Bob 30"));
        const [page, guest] = [two.open("ada"), one.open("guest")];
        await eventually(nodes, all, each("ada here 2 Ada 30", "bob here 1 Bob 30", "guest here 1 -"));
        page.close();
        await guest.leave();
        await eventually(nodes, all, each("ada here 1 Ada 30", "bob here 1 Bob 30"));
        bob.close();
        await eventually(nodes, () => [one.members(), ada.sees()], each("ada here 1 Ada 30").slice(2));
        expect(nodes.map(({ errors }) => errors)).toEqual([[], []]);
      },
    );

    test.each([
      ["stops", 0],
      ["stops and then jumps", 20_000],
    ])("a node whose time %s is expired after 15 s, and has its members again", slow, async (_what, jump) => {
      const { nodes, one, two, ada, bob } = await startTwo();
      const members = () => nodes.map((node) => node.members());
      ada.show("Ada");
      const both = ["ada here 1 Ada", "bob here 1 -"];
      await eventually(nodes, members, [both, both]);
      bob.show("Bob");
      const all = ["ada here 1 Ada", "bob here 1 Bob"];
      await eventually(nodes, () => one.members(), all); // node one has received a sign of life of node two
      for (let passed = 0; passed < 14_000; passed += 100) {
        one.clock.advance(100);
        await flushPromises();
      }
      expect(one.members()).toContain("bob here 1 Bob");
      await eventually([one], () => one.members(), ["ada here 1 Ada"]);
      expect(two.members()).toContain("bob here 1 Bob");
      two.clock.advance(jump);
      await eventually(nodes, members, [all, all]);
      expect(nodes.map(({ errors }) => errors)).toEqual([[], []]);
    });
  });
}
