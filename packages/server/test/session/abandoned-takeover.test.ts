import { expect, test, vi } from "vitest";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { waitOptions } from "../../../../test/time-limits.ts";
import { connectNotes, resumeHello, startNotesServer } from "../contract/notes-server.ts";
import { connectSession } from "./connect-session.ts";
import { gate } from "../gate.ts";

/** A client's session, its process, and another one that sets up clients when `open` is called. */
async function startTwo() {
  const store = memoryStore();
  const { passed, open } = gate();
  const first = startNotesServer({}, { store });
  const second = startNotesServer({ before: () => passed }, { store });
  const { socket, welcome } = await connectNotes(first.net);
  socket.close(1001, "");
  await first.net.settled();
  return { store, first, second, open, welcome };
}

test("a session whose client goes away while another process sets it up waits for the client", async () => {
  const { store, first, second, open, welcome } = await startTwo();
  const moving = await connectSession(second.net, "/notes", resumeHello(welcome));
  await vi.waitFor(async () => {
    first.clock.advance(100);
    second.clock.advance(100);
    expect(await store.sessions.list()).toMatchObject([{ claim: { fence: 2 } }]);
    expect(second.log).toContain("setup");
  }, waitOptions);
  moving.close(1001, "");
  await moving.closed;
  open();
  await vi.waitFor(
    async () => expect(await store.sessions.list()).toMatchObject([{ owner: undefined }]),
    waitOptions,
  );
  const { welcome: again } = await connectNotes(first.net, resumeHello(welcome, { att: 3 }));
  expect(again).toMatchObject({ state: "resumed", sid: welcome.sid });
});

test("a new session whose client goes away before its welcome ends", async () => {
  const { store, second, open } = await startTwo();
  const client = await connectSession(second.net, "/notes", {
    ...resumeHello({} as never),
    resume: undefined,
    key: "n".repeat(43),
  });
  await vi.waitFor(() => expect(second.log).toContain("setup"), waitOptions);
  client.close(1001, "");
  await client.closed;
  open();
  await vi.waitFor(() => expect(second.log).toContain("hook ends"), waitOptions);
  await second.net.settled();
  expect(await store.sessions.list()).toHaveLength(1); // that of the first client
});
