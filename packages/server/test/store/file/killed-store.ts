/** A program that uses a store as fast as it can, and prints what is settled, until it is killed. */
import { fileStore } from "../../../src/store/file/file-store.ts";

const [directory = "", life = ""] = process.argv.slice(2);
const { epoch, report: opened, sessions, rooms } = await fileStore({ directory });
const session = { sessionId: "s", secret: "hash", principal: undefined, service: "/" };
const keep = { messages: 1_000_000, ms: 1_000_000_000 };
const print = (line: object): void => console.log(JSON.stringify(line));

const first = { ...session, clientId: "c", attempt: 1 };
if (opened.history === "new") await sessions.create(first);
const attached = await sessions.attach({
  ...session,
  attempt: 1 + Number(life),
  epoch,
  receivedUpTo: 0,
  firstHeld: 1,
});
if (attached.type !== "resumed") throw new Error(attached.type);
print({ opened, epoch });

async function speak(name: string): Promise<never> {
  for (;;) {
    const data = crypto.randomUUID();
    const { offset } = await rooms.append("r", { name, data, at: 0 }, keep);
    print({ offset, data });
  }
}

async function send({ claim, state }: typeof attached & { type: "resumed" }): Promise<never> {
  for (let sequence = state.lastSequence + 1; ; sequence += 1) {
    const data = crypto.randomUUID();
    const message = { name: "with", data, at: 0 };
    const placed = await sessions.commit(claim, {
      outgoing: [{ sequence, data }],
      roomMessages: [{ room: "r", message, keep }],
    });
    if (placed === false) throw new Error("the claim is not the newest one");
    print({ sequence, data });
    print({ offset: placed[0]?.offset, data });
  }
}

await Promise.all([speak("a"), speak("b"), send(attached)]);
