/** A program that uses a store as fast as it can, and prints what is settled, until it is killed. */
import { fileStore } from "../../../src/store/file/file-store.ts";

const [directory = "", life = ""] = process.argv.slice(2);
const { epoch, opened, sessions, rooms } = await fileStore({ directory });
const session = { sid: "s", secret: "hash", principal: undefined, service: "/" };
const keep = { messages: 1_000_000, seconds: 1_000_000 };
const print = (line: object): void => console.log(JSON.stringify(line));

const first = { ...session, cid: "c", att: 1 };
if (opened.history === "new") await sessions.create(first);
const attached = await sessions.attach({ ...session, att: 1 + Number(life), ep: epoch, rx: 0, tx0: 1 });
if (attached.is !== "resumed") throw new Error(attached.is);
print({ opened, epoch });

async function speak(name: string): Promise<never> {
  for (;;) {
    const data = crypto.randomUUID();
    const { off } = await rooms.append("r", { name, data, at: 0 }, keep);
    print({ off, data });
  }
}

async function send({ claim, state }: typeof attached & { is: "resumed" }): Promise<never> {
  for (let s = state.out + 1; ; s += 1) {
    const data = crypto.randomUUID();
    const message = { name: "with", data, at: 0 };
    const placed = await sessions.commit(claim, {
      out: [{ s, data }],
      said: [{ room: "r", message, keep }],
    });
    if (placed === false) throw new Error("the claim is not the newest one");
    print({ s, data });
    print({ off: placed[0]?.off, data });
  }
}

await Promise.all([speak("a"), speak("b"), send(attached)]);
