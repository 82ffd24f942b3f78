/** A program that uses a store as fast as it can, and prints every settled call, until it is killed. */
import { fileStore } from "../../../src/store/file/file-store.ts";

const [directory = "", run = "", knownEpoch = ""] = process.argv.slice(2);
const { report, sessions, rooms } = await fileStore({ directory });
const session = {
  sessionId: "s",
  secretHash: "hash",
  principal: undefined,
  service: "/",
  keyHash: "c",
  lease: { node: run, ms: 15_000 },
};
const keep = { messages: 1_000_000, ms: 1_000_000_000 };
const print = (line: object): void => console.log(JSON.stringify(line));

const epoch =
  report.history === "new" ? (await sessions.create({ ...session, attempt: 1 })).epoch : knownEpoch;
const attached = await sessions.attach({
  ...session,
  attempt: 1 + Number(run),
  epoch,
  receivedUpTo: 0,
  firstHeld: 1,
});
if (attached.type !== "resumed") throw new Error(attached.type);
print({ report, epoch });

async function appendForever(name: string): Promise<never> {
  for (;;) {
    const data = crypto.randomUUID();
    const { offset } = await rooms.append("r", { name, data, at: 0 }, keep);
    print({ offset, data });
  }
}

async function commitForever({ claim, state }: typeof attached & { type: "resumed" }): Promise<never> {
  for (let sequence = state.lastSequence + 1; ; sequence += 1) {
    const data = crypto.randomUUID();
    const message = { name: "committed", data, at: 0 };
    const isCommitted = await sessions.commit(claim, {
      outgoing: [{ sequence, data }],
      roomMessages: [{ room: "r", message, keep }],
    });
    if (!isCommitted) throw new Error("the claim is not the newest one");
    print({ sequence, data });
  }
}

await Promise.all([appendForever("a"), appendForever("b"), commitForever(attached)]);
