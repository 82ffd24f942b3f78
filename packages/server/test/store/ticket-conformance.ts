import { describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";
import type { StoredTicket } from "../../src/store/ticket-store.ts";

const ticket: StoredTicket = {
  principal: "ada",
  origin: "https://example.com",
  expiresAt: 30_000,
  credentialExpiresAt: undefined,
};

/** Tests `Store.tickets` of the stores that `open` makes. */
export function testTickets(name: string, open: () => Promise<Store>): void {
  describe(`${name}: tickets`, () => {
    test("a ticket is returned once, as it was", async () => {
      const { tickets } = await open();
      await tickets.put("a", ticket, 0);
      expect(await tickets.take("a")).toEqual(ticket);
      expect(await tickets.take("a")).toBeUndefined();
    });

    test("of concurrent calls of take, one gets the ticket", async () => {
      const { tickets } = await open();
      await tickets.put("a", ticket, 0);
      const taken = await Promise.all(Array.from({ length: 5 }, async () => tickets.take("a")));
      expect(taken.filter((one) => one !== undefined)).toEqual([ticket]);
    });

    test("a ticket without an origin, of a credential that expires, is returned as it was", async () => {
      const { tickets } = await open();
      const other = { ...ticket, origin: undefined, credentialExpiresAt: 60_000 };
      await tickets.put("a", other, 0);
      expect(await tickets.take("a")).toEqual(other);
    });

    test("a ticket that the store does not have is undefined, and taking one leaves the others", async () => {
      const { tickets } = await open();
      await tickets.put("a", ticket, 0);
      await tickets.put("b", { ...ticket, principal: "bob" }, 0);
      expect(await tickets.take("c")).toBeUndefined();
      expect(await tickets.take("a")).toEqual(ticket);
      expect(await tickets.take("b")).toMatchObject({ principal: "bob" });
    });

    test("a ticket that has expired is forgotten at the next put, and one that has not is kept", async () => {
      const { tickets } = await open();
      await tickets.put("a", ticket, 0);
      await tickets.put("b", { ...ticket, expiresAt: 30_001 }, 1);
      await tickets.put("c", { ...ticket, expiresAt: 60_000 }, 30_000);
      expect(await tickets.take("a")).toBeUndefined();
      expect(await tickets.take("b")).toBeDefined();
      expect(await tickets.take("c")).toBeDefined();
    });
  });
}
