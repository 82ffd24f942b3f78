import { expect, test } from "vitest";
import { TicketBook, type TicketBookOptions } from "../../src/access/ticket-book.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import type { StoredTicket, TicketStore } from "../../src/store/ticket-store.ts";
import { Clock } from "../../src/timing/clock.ts";
import { flushPromises } from "../flush-promises.ts";

const ada = { principal: "ada", origin: "https://example.com", credentialExpiresAt: undefined };
const bob = { ...ada, principal: "bob" };

/** A store that also tells which tickets it has. */
function observedStore(): TicketStore & { readonly kept: Map<string, StoredTicket> } {
  const kept = new Map<string, StoredTicket>();
  return {
    kept,
    put: (hash, ticket) => void kept.set(hash, ticket),
    take: (hash) => {
      const found = kept.get(hash);
      kept.delete(hash);
      return found;
    },
  };
}

/** A clock that counts what it has to step. */
class CountingClock extends Clock {
  subscribers = 0;

  protected override onSubscribersChange(count: number): void {
    this.subscribers = count;
  }
}

function makeBook(changes: Partial<TicketBookOptions> = {}) {
  const clock = new CountingClock();
  const store = observedStore();
  const errors: unknown[] = [];
  const onStoreError = (error: unknown): void => void errors.push(error);
  const options = { store, clock, lifetime: 30_000, perPrincipal: 3, total: 5, onStoreError };
  return { book: new TicketBook({ ...options, ...changes }), clock, store, errors };
}

/** Which of these tickets can be used. It uses them. */
async function usable(book: TicketBook, tickets: readonly string[]): Promise<boolean[]> {
  const found = [];
  for (const ticket of tickets) found.push((await book.use(ticket)) !== undefined);
  return found;
}

async function issueMany(book: TicketBook, holder: typeof ada, count: number): Promise<string[]> {
  const tickets = [];
  for (let n = 0; n < count; n += 1) tickets.push(await book.issue(holder));
  return tickets;
}

test("a ticket has 128 random bits, and no two are alike", async () => {
  const { book } = makeBook({ perPrincipal: 1_000, total: 1_000 });
  const tickets = await issueMany(book, ada, 1_000);
  for (const ticket of tickets) expect(Buffer.from(ticket, "base64url")).toHaveLength(16);
  expect(new Set(tickets).size).toBe(1_000);
});

test("a ticket is used once", async () => {
  const { book } = makeBook();
  const ticket = await book.issue(ada);
  expect(await book.use(ticket)).toMatchObject(ada);
  expect(await book.use(ticket)).toBeUndefined();
});

test("a ticket can be used until its lifetime has passed, and not afterwards", async () => {
  const { book, clock } = makeBook();
  const early = await book.issue(ada);
  const late = await book.issue(ada);
  clock.advance(29_999);
  expect(await book.use(early)).toBeDefined();
  clock.advance(1);
  expect(await book.use(late)).toBeUndefined();
});

test("a ticket that expired while the clock was not stepped cannot be used", async () => {
  let date = 0;
  class StoppedClock extends Clock {
    override get date(): number {
      return date;
    }
  }
  const { book } = makeBook({ clock: new StoppedClock() });
  const ticket = await book.issue(ada);
  date = 30_000;
  expect(await book.use(ticket)).toBeUndefined();
});

test("the store never receives a ticket itself", async () => {
  const { book, store } = makeBook();
  const ticket = await book.issue(ada);
  expect(JSON.stringify([...store.kept])).not.toContain(ticket);
});

test("a principal with too many tickets loses its oldest, and another principal loses none", async () => {
  const { book, store } = makeBook();
  const others = await issueMany(book, bob, 2);
  const tickets = await issueMany(book, ada, 10);
  expect(book.size).toBe(5);
  expect(store.kept.size).toBe(5);
  expect(await usable(book, tickets)).toEqual([...Array<boolean>(7).fill(false), true, true, true]);
  expect(await usable(book, others)).toEqual([true, true]);
});

test("when all principals together have too many tickets, the one with the most loses its oldest", async () => {
  const { book } = makeBook();
  const tickets = await issueMany(book, ada, 3);
  const others = await issueMany(book, bob, 2);
  const newest = await book.issue({ ...ada, principal: "eve" });
  expect(book.size).toBe(5);
  expect(await usable(book, [...tickets, ...others, newest])).toEqual([false, true, true, true, true, true]);
});

test("tickets that are used at once are not bounded", async () => {
  const { book } = makeBook();
  for (let n = 0; n < 100; n += 1) expect(await book.use(await book.issue(ada))).toMatchObject(ada);
  expect(book.size).toBe(0);
});

test("what was used or has expired leaves nothing behind: in the book, in the store and on the clock", async () => {
  const { book, store, clock } = makeBook();
  await book.use(await book.issue(ada));
  expect([book.size, store.kept.size, clock.subscribers]).toEqual([0, 0, 0]);
  await issueMany(book, ada, 3);
  expect([book.size, store.kept.size, clock.subscribers]).toEqual([3, 3, 1]);
  clock.advance(30_000);
  expect([book.size, store.kept.size, clock.subscribers]).toEqual([0, 0, 0]);
});

test("a ticket of one process can be used at another that shares the store, and at one of them alone", async () => {
  const store = memoryStore().tickets;
  const [{ book: one }, { book: other }] = [makeBook({ store }), makeBook({ store })];
  const ticket = await one.issue(ada);
  const found = await Promise.all([one, other, one, other].map((book) => book.use(ticket)));
  expect(found.filter((ticket) => ticket !== undefined)).toHaveLength(1);
});

test("without a shared store, a ticket cannot be used at another process", async () => {
  const [{ book: one }, { book: other }] = [makeBook(), makeBook()];
  expect(await other.use(await one.issue(ada))).toBeUndefined();
});

test("a store that fails issues no ticket and accepts none", async () => {
  const failure = new Error("the store is away");
  const fail = (): never => {
    throw failure;
  };
  const { book } = makeBook({ store: { put: fail, take: fail } });
  await expect(book.issue(ada)).rejects.toBe(failure);
  await expect(book.use("ticket")).rejects.toBe(failure);
  expect(book.size).toBe(0);
});

test("the error of a store that cannot remove an expired ticket is reported, and the ticket is not kept here", async () => {
  const failure = new Error("the store is away");
  const store = { put: () => {}, take: () => Promise.reject(failure) };
  const { book, clock, errors } = makeBook({ store });
  await book.issue(ada);
  clock.advance(30_000);
  await flushPromises();
  expect(errors).toEqual([failure]);
  expect(book.size).toBe(0);
});
