// S13: how often clients of one address may fail to resume a session.
import type { WelcomeFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import type { AppOptions } from "../../src/app/types.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  startNotesServer,
} from "../contract/notes-server.ts";
import { connectSession, hello, keyOf } from "./connect-session.ts";

const attacker = { address: "192.0.2.66" };
const minute = 60_000;

/** A server with a detached session, and the ways to ask for it. */
async function startWithSession(options: AppOptions = {}) {
  const server = startNotesServer({}, options);
  const { net } = server;
  const { socket, welcome } = await connectConfirmed(net, { ...hello, auth: "ada" });
  await loseConnection(net, socket);
  let dials = 0;
  /** Resumes with a new key, so that each dial is the first one of a client. */
  const steal = (changes: Partial<WelcomeFrame> = {}, address = attacker.address) => {
    const key = keyOf(`thief ${(dials += 1)}`);
    return connectSession(net, "/notes", resumeHello({ ...welcome, ...changes }, { key, auth: "ada" }), {
      address,
    });
  };
  /** Fails, and receives a new session. */
  const failOnce = async (changes?: Partial<WelcomeFrame>, address?: string): Promise<void> => {
    const socket = await steal(changes, address);
    expect(JSON.parse(String(await socket.receive()))).toMatchObject({
      t: "welcome",
      state: "reset",
      why: "unknown",
    });
    socket.send('{"t":"bye"}');
    await socket.closed;
  };
  const failTimes = async (times: number, changes?: Partial<WelcomeFrame>): Promise<void> => {
    for (let failed = 0; failed < times; failed += 1) await failOnce(changes);
  };
  return { ...server, welcome, steal, failOnce, failTimes };
}

const refused = {
  code: 4429,
  reason: "too many failed resumes from your address in a minute: see limits.failedResumes",
};

describe.each([
  ["in memory", {}],
  ["in a store", { store: memoryStore() }],
])("with sessions %s, the resumes of one address", (_where, options) => {
  test("fail ten times in a minute at sessions of others; after that each that fails is closed with 4429", async () => {
    const { failTimes, steal, clock, onError } = await startWithSession(options);
    await failTimes(10);
    expect(onError).not.toHaveBeenCalled();
    expect(await (await steal()).closed).toMatchObject(refused);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ kind: "limits.failedResumes", seen: expect.objectContaining(attacker) }),
      expect.objectContaining({ phase: "refused" }),
    );
    expect(await (await steal({ sid: "no session has this name" })).closed).toMatchObject(refused);
    clock.advance(minute);
    await failTimes(10);
    expect(await (await steal()).closed).toMatchObject(refused);
  });

  test("count when the secret is wrong, when the key is, and when the principal is", async () => {
    const { net, welcome, steal, failTimes } = await startWithSession(options);
    await failTimes(4, { rt: "another secret" });
    await failTimes(3);
    for (let failed = 0; failed < 3; failed += 1) {
      const { socket } = await connectNotes(
        net,
        resumeHello(welcome, { auth: "eve", att: 2 + failed }),
        attacker,
      );
      socket.send('{"t":"bye"}');
      await socket.closed;
    }
    expect(await (await steal()).closed).toMatchObject(refused);
  });

  test("go on when they are valid, however many fail", async () => {
    const { net, welcome, failTimes, steal } = await startWithSession(options);
    await failTimes(10);
    await (
      await steal()
    ).closed;
    const { socket, welcome: back } = await connectNotes(
      net,
      resumeHello(welcome, { auth: "ada" }),
      attacker,
    );
    expect(back).toMatchObject({ state: "resumed", sid: welcome.sid });
    socket.close();
  });

  test("do not count when no session has the name, as after a restart that kept none", async () => {
    const { failTimes, steal } = await startWithSession(options);
    await failTimes(200, { sid: "no session has this name" });
    await failTimes(10);
    expect(await (await steal()).closed).toMatchObject(refused);
  });

  test("do not count against other addresses", async () => {
    const { failTimes, failOnce, steal } = await startWithSession(options);
    await failTimes(10);
    expect(await (await steal()).closed).toMatchObject(refused);
    await failOnce({}, "192.0.2.1");
  });
});

test("a resume that the server answers with lost or stale is not a failed one: the client has the right to it", async () => {
  const { net, welcome, failOnce } = await startWithSession();
  for (let dial = 0; dial < 12; dial += 1) {
    const stale = await connectSession(
      net,
      "/notes",
      resumeHello(welcome, { att: 1, auth: "ada" }),
      attacker,
    );
    expect(await stale.closed).toMatchObject({ code: 4900 });
  }
  const lost = await connectNotes(net, resumeHello(welcome, { rx: 99, auth: "ada" }), attacker);
  expect(lost.welcome).toMatchObject({ state: "reset", why: "lost" });
  lost.socket.close();
  await failOnce();
});

test("`limits.failedResumes` sets how many may fail", async () => {
  const { failTimes, steal } = await startWithSession({ limits: { failedResumes: 2 } });
  await failTimes(2);
  expect(await (await steal()).closed).toMatchObject(refused);
});
