import { contract } from "@symbolon/protocol";
import { SUBPROTOCOL, type WelcomeFrame } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { receiveFrame, hello, connectSession } from "./connect-session.ts";
import { gate } from "../gate.ts";
import {
  connectConfirmed,
  connectNotes,
  loseConnection,
  resumeHello,
  postedFrame,
  postFrame,
  startNotesServer,
} from "../contract/notes-server.ts";

describe("a client that resumes", () => {
  test("learns which of its messages have arrived", async () => {
    const { net } = startNotesServer({}, { sessions: { grace: 5_000 } });
    const { socket, welcome } = await connectNotes(net);
    for (const s of [1, 2]) {
      socket.send(postFrame(s, "a"));
      expect(await socket.receive()).toBe(`{"t":"ack","a":${s}}`);
    }
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome, { tx0: 3 }));
    expect(again.socket.protocol).toBe(SUBPROTOCOL);
    expect(again.welcome).toEqual({ ...welcome, state: "resumed", rx: 2, ttl: 5_000 });
    expect(await again.socket.receive()).toBe('{"t":"ack","a":2}');
    again.socket.close();
  });

  test("gets the messages that it does not have, with the same sequences, and then new ones", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    for (const text of ["a", "b", "c"]) peers[0]?.send("posted", text);
    expect(await socket.receive()).toBe(postedFrame(1, "a"));
    await loseConnection(net, socket);
    peers[0]?.send("posted", "d");
    const again = await connectNotes(net, resumeHello(welcome, { rx: 1 }));
    for (const [at, text] of ["b", "c", "d"].entries())
      expect(await again.socket.receive()).toBe(postedFrame(at + 2, text));
    await loseConnection(net, again.socket);
    const third = await connectNotes(net, resumeHello(welcome, { att: 3, rx: 4 }));
    expect(await third.socket.peek()).toBeUndefined();
    third.socket.close();
  });

  test("does not get a message again that it has received", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    const sent = ["a", "b", "c"].map((text) => peers[0]?.send("posted", text));
    for (let n = 0; n < 3; n += 1) await socket.receive();
    socket.send('{"t":"ack","a":3,"but":[2]}');
    await Promise.all([sent[0], sent[2]]);
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome, { rx: 3 }));
    expect(await again.socket.peek()).toBeUndefined(); // the client has received the second, and handles it
    again.socket.send('{"t":"ack","a":3}');
    await sent[1];
    again.socket.close();
  });

  test("sends a message again, which is handled once and acknowledged again", async () => {
    const handled: string[] = [];
    const { net } = startNotesServer({ post: (text) => handled.push(text) });
    const { socket, welcome } = await connectNotes(net);
    socket.send(postFrame(1, "a"));
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    socket.send(postFrame(1, "a"));
    expect(await socket.receive()).toBe('{"t":"ack","a":1}');
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome));
    await again.socket.receive(); // the acknowledgement after the welcome
    again.socket.send(postFrame(1, "a"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.send(postFrame(2, "b"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":2}');
    expect(handled).toEqual(["a", "b"]);
    again.socket.close();
  });

  test("sends a message again that is being handled, which is acknowledged as pending", async () => {
    const handled = gate();
    const { net } = startNotesServer({ post: () => handled.passed });
    const { socket, welcome } = await connectNotes(net);
    socket.send(postFrame(1, "a"));
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1,"but":[1]}');
    again.socket.send(postFrame(1, "a"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1,"but":[1]}');
    handled.open();
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    again.socket.close();
  });

  test("while its old wire is open closes that, on which no message is received any more", async () => {
    const handled: string[] = [];
    const { net, log, changes } = startNotesServer({ post: (text) => handled.push(text) });
    const { socket, welcome } = await connectNotes(net);
    const again = await connectNotes(net, resumeHello(welcome));
    socket.send(postFrame(1, "from the past"));
    expect(again.welcome).toMatchObject({ state: "resumed", sid: welcome.sid });
    again.socket.send(postFrame(1, "now"));
    expect(await again.socket.receive()).toBe('{"t":"ack","a":1}');
    expect(await socket.closed).toMatchObject({ code: 4900 });
    expect(handled).toEqual(["now"]);
    expect(changes).toEqual([{ type: "resumed" }]);
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.close();
  });

  test("has its messages of the old wire handled", async () => {
    const handled: string[] = [];
    const { net } = startNotesServer({ post: (text) => handled.push(text) });
    const { socket, welcome } = await connectNotes(net);
    socket.send(postFrame(1, "a"));
    await socket.receive();
    const again = await connectNotes(net, resumeHello(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ rx: 1 });
    expect(handled).toEqual(["a"]);
    again.socket.close();
  });
});

describe("an older dial of a client that has a newer one", () => {
  test.each([1, 2])("is superseded, and changes nothing: att %i", async (att) => {
    const { net, log, changes } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    const newest = await connectNotes(net, resumeHello(welcome, { att: 2 }));
    const late = await connectSession(net, "/notes", resumeHello(welcome, { att }));
    expect(await late.closed).toMatchObject({ code: 4900, reason: "a newer connection took over" });
    newest.socket.send('{"t":"ping","n":5}');
    expect(await newest.socket.receive()).toBe('{"t":"pong","n":5}');
    expect(changes).toEqual([{ type: "resumed" }]);
    expect(log.filter((what) => what === "finally")).toEqual([]);
    await net.settled();
    expect(log.filter((what) => what === "hook ends")).toHaveLength(2);
    socket.close();
    newest.socket.close();
  });

  test("is superseded when it names no session", async () => {
    const { net } = startNotesServer();
    const { socket } = await connectConfirmed(net);
    const late = await connectSession(net, "/notes");
    expect(await late.closed).toMatchObject({ code: 4900 });
    socket.send('{"t":"ping","n":5}');
    expect(await socket.receive()).toBe('{"t":"pong","n":5}');
    socket.close();
    await net.settled();
  });

  test("does not delay settled()", async () => {
    const { net } = startNotesServer();
    const { socket } = await connectNotes(net);
    const late = await connectSession(net, "/notes");
    await late.closed;
    await net.settled();
    expect(socket.signal.aborted).toBe(false);
    socket.close();
  });
});

describe("another hello without a session", () => {
  test("of a client that has not received its welcome gets the welcome and all messages again", async () => {
    const { net, peers, log } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    peers[0]?.send("posted", "a");
    expect(await socket.receive()).toBe(postedFrame(1, "a"));
    await loseConnection(net, socket);
    const again = await connectNotes(net, { ...hello, att: 2 });
    expect(again.welcome).toEqual(welcome);
    expect(await again.socket.receive()).toBe(postedFrame(1, "a"));
    expect(log).toEqual(["hook", "setup", "hook", "hook ends"]);
    again.socket.close();
  });

  test("does not get the session of another path", async () => {
    const app = createApp();
    app.implement(contract("/rooms/:name", { server: { here: z.string() } }), (peer, { params }) => {
      peer.send("here", params.name);
      return {};
    });
    const net = testNetwork(app);
    const socket = await connectSession(net, "/rooms/a");
    const welcome = JSON.parse(String(await socket.receive())) as WelcomeFrame;
    const other = await connectSession(net, "/rooms/b", { ...hello, att: 2 });
    expect(JSON.parse(String(await other.receive()))).toMatchObject({ state: "new" });
    expect(await receiveFrame(other)).toMatchObject({ data: "b" });
    expect(welcome.sid).toBeDefined();
    other.close();
  });

  test("emits resumed", async () => {
    const { net, changes } = startNotesServer();
    const { socket } = await connectNotes(net);
    await loseConnection(net, socket);
    const again = await connectNotes(net, { ...hello, att: 2 });
    expect(changes).toEqual([{ type: "detached" }, { type: "resumed" }]);
    again.socket.close();
  });

  test("of a client that has sent a message since begins a session, and the old one ends first", async () => {
    const { net, log, changes } = startNotesServer();
    const { socket, welcome } = await connectConfirmed(net);
    await loseConnection(net, socket);
    const again = await connectNotes(net, { ...hello, att: 2 });
    expect(again.welcome).toMatchObject({ state: "new" });
    expect(again.welcome.sid).not.toBe(welcome.sid);
    expect(log).toEqual(["hook", "setup", "hook", "finally", "hook ends", "setup"]);
    expect(changes).toEqual([{ type: "detached" }, { type: "ended", undelivered: 0 }]);
    again.socket.close();
  });
});
