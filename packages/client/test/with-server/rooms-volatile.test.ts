/** Volatile events of rooms, and rooms that remember nothing. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { undoAll, watchCrashes } from "../connection/servers.ts";
import { createTeaServer } from "./tea-server.ts";

beforeEach(watchCrashes);
afterEach(undoAll);

test("a volatile event reaches the member that is connected, and no member that is away", async () => {
  const { net, connectMember, reconnected, tea } = createTeaServer();
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", "now", { volatile: true });
  expect(await logged(1)).toEqual(["now"]);
  net.drop();
  await tea.send("posted", "missed", { volatile: true });
  await tea.send("posted", "kept");
  await reconnected(client);
  expect(await logged(2)).toEqual(["now", "kept"]);
});

test("a member of a room that remembers nothing receives a gap for what it missed, and then each message", async () => {
  const { net, connectMember, reconnected, tea } = createTeaServer({ memory: false });
  const { client, logged } = connectMember();
  await client.opened;
  await tea.send("posted", "now");
  expect(await logged(1)).toEqual(["now"]);
  net.drop();
  await tea.send("posted", "missed");
  await reconnected(client);
  expect(await logged(2)).toEqual(["now", "gap: tea trimmed"]);
  await tea.send("posted", "then");
  expect(await logged(3)).toEqual(["now", "gap: tea trimmed", "then"]);
});
