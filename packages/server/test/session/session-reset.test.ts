import { describe, expect, test, vi } from "vitest";
import { hello, keyOf } from "./connect-session.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  postedFrame,
  postFrame,
  startNotesServer,
} from "../contract/notes-server.ts";
import { waitOptions } from "../../../../test/time-limits.ts";

describe("a client that cannot resume gets a new session", () => {
  const wrong = { rt: "x".repeat(43) };

  test.each([
    ["with a wrong secret", wrong, {}],
    ["for a session that never existed", { sid: "never" }, {}],
    ["as another principal", {}, { auth: "eve" }],
  ])("%s: the other session stays", async (_what, key, others) => {
    const { net, peers, changes } = startNotesServer();
    const ada = { ...hello, auth: "ada" };
    const { socket, welcome } = await connectConfirmed(net, ada);
    const eve = await connectNotes(
      net,
      resumeHello({ ...welcome, ...key }, { att: 9, key: keyOf("eve"), auth: "ada", ...others }),
    );
    expect(eve.welcome).toMatchObject({ state: "reset", why: "unknown", rx: 0 });
    expect([eve.welcome.sid, eve.welcome.rt]).not.toContain(welcome.sid);
    peers[0]?.send("posted", "to ada");
    expect(await socket.receive()).toBe(postedFrame(1, "to ada"));
    expect(changes).toEqual([]);
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome, { auth: "ada", rx: 1 }));
    expect(again.welcome).toMatchObject({ state: "resumed", sid: welcome.sid });
    eve.socket.close();
    again.socket.close();
  });

  test("with a wrong secret and the key of the client", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectConfirmed(net);
    const eve = await connectNotes(net, resumeHello({ ...welcome, ...wrong }, { att: 9 }));
    expect(eve.welcome).toMatchObject({ state: "reset", why: "unknown" });
    peers[0]?.send("posted", "still here");
    expect(await socket.receive()).toBe(postedFrame(1, "still here"));
    eve.socket.close();
    socket.close();
  });

  test.each([
    ["it has received a message that was never sent", { rx: 3 }],
    ["it has lost a message that it had acknowledged", { rx: 0 }],
    ["it cannot send again what is missing here", { rx: 2, tx0: 3 }],
    ["it knows another epoch", { rx: 2, ep: "another" }],
  ])("when its positions do not fit: %s", async (_what, at) => {
    const { net, peers, log } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    const sent = ["a", "b"].map((text) => peers[0]?.send("posted", text));
    socket.send(postFrame(1, "one"));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":1}');
    await sent[0];
    await loseConnection(net, socket);
    const { ep = welcome.ep, ...rest } = at as { ep?: string };
    const again = await connectNotes(net, resumeHello({ ...welcome, ep }, { tx0: 2, ...rest }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "lost", rx: 0 });
    expect(again.welcome.sid).not.toBe(welcome.sid);
    expect(log).toEqual(["hook", "setup", "hook", "finally", "hook ends", "setup"]);
    await expect(sent[1]).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", sentBefore: true });
    again.socket.send(postFrame(1, "anew"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.close();
  });

  test.each([
    { rx: 2, tx0: 2 },
    { rx: 1, tx0: 1 },
  ])("but a client whose positions just fit resumes: %o", async (at) => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    const sent = ["a", "b"].map((text) => peers[0]?.send("posted", text));
    socket.send(postFrame(1, "one"));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":1}');
    await sent[0];
    await loseConnection(net, socket);
    expect((await connectNotes(net, resumeHello(welcome, at))).welcome).toMatchObject({
      state: "resumed",
      rx: 1,
    });
  });

  test("after the grace time", async () => {
    const { net, clock, log } = startNotesServer({}, { sessions: { grace: 1_000 } });
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    clock.advance(1_000);
    await vi.waitFor(() => expect(log).toContain("hook ends"), waitOptions);
    expect(log).toEqual(["hook", "setup", "finally", "hook ends"]);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });
});
