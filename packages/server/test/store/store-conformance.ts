/**
 * What every store must do. The test file of a store calls `testStore`; where the data outlive one store object, it calls
 * `testHandover` of handover-conformance.ts too, and where several processes share them `testSharedStore`.
 */
import type { Awaitable } from "../../src/store/awaitable.ts";
import type { Store } from "../../src/store/store.ts";
import { testAttach } from "./attach-conformance.ts";
import { testCommits } from "./commit-conformance.ts";
import { testOwners } from "./owner-conformance.ts";
import { testRoomHistory } from "./room-history-conformance.ts";
import { testRoomWatches } from "./room-watch-conformance.ts";
import { testRoomMemberships } from "./room-membership-conformance.ts";
import { testRoomSweep } from "./room-sweep-conformance.ts";
import { testSessions } from "./session-conformance.ts";
import { storeOpener } from "./store-fixtures.ts";
import { testTickets } from "./ticket-conformance.ts";

/** Tests a store; `create` returns a new, empty one each time. */
export function testStore(name: string, create: () => Awaitable<Store>): void {
  const opener = storeOpener();
  const open = (): Promise<Store> => opener(create());
  testSessions(name, open);
  testAttach(name, open);
  testCommits(name, open);
  testOwners(name, open);
  testRoomHistory(name, open);
  testRoomWatches(name, open);
  testRoomSweep(name, open);
  testRoomMemberships(name, open);
  testTickets(name, open);
}
