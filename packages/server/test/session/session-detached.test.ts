import { CloseError } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { receiveFrame, hello } from "./connect-session.ts";
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
import { waitOptions } from "../../../../test/time-limits.ts";

describe("while a client is disconnected", () => {
  test("its handlers continue, and it receives their replies when it reconnects", async () => {
    const answer = gate();
    const { net } = startNotesServer({ ask: (text) => answer.passed.then(() => `${text}!`) });
    const { socket, welcome } = await connectNotes(net);
    socket.send('{"s":1,"t":"request","q":1,"name":"ask","data":"a"}');
    await loseConnection(net, socket);
    answer.open();
    await new Promise(setImmediate);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "resumed", rx: 1 });
    const frames = [await again.socket.receive(), await again.socket.receive()];
    expect(frames).toContain('{"s":1,"t":"reply","data":"a!","re":1}');
    expect(frames).toContain('{"t":"ack","a":1}');
    again.socket.close();
  });

  test("a stream continues up to its credit, and after that when the client grants more", async () => {
    const { net } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    socket.send('{"s":1,"t":"stream","q":1,"name":"count","data":20}');
    expect(await receiveFrame(socket)).toEqual({ t: "next", data: 1, re: 1 });
    await loseConnection(net, socket);
    const { socket: again } = await connectNotes(net, resumeHello(welcome, { rx: 1 }));
    const items: unknown[] = [];
    const receiveItems = async (upTo: number): Promise<void> => {
      while (items.length < upTo) items.push(await receiveFrame(again));
    };
    await receiveItems(15);
    again.send('{"t":"ping","n":1}');
    expect(await receiveFrame(again)).toEqual({ t: "pong", n: 1 }); // and no further item
    again.send('{"s":2,"t":"credit","q":1,"n":32,"b":1000000}');
    await receiveItems(20);
    const rest = Array.from({ length: 19 }, (_, n) => ({ t: "next", data: n + 2, re: 1 }));
    expect(items).toEqual([...rest, { t: "end", re: 1 }]);
    again.close();
  });

  test("a request of the server is sent when the client reconnects", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    const answer = peers[0]?.request("ask", "who?");
    const again = await connectNotes(net, resumeHello(welcome));
    expect(await again.socket.receive()).toBe('{"s":1,"t":"request","q":1,"name":"ask","data":"who?"}');
    again.socket.send('{"s":1,"t":"reply","re":1,"data":"me"}');
    expect(await answer).toBe("me");
    again.socket.close();
  });

  test("an awaited event settles when the client has reconnected and acknowledged it", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    const outcome = vi.fn();
    const sent = peers[0]?.send("posted", "a").then(outcome);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(await again.socket.receive()).toBe(postedFrame(1, "a"));
    expect(outcome).not.toHaveBeenCalled();
    again.socket.send('{"t":"ack","a":1}');
    await sent;
    again.socket.close();
  });

  test("a volatile event is dropped", async () => {
    const { net, peers } = startNotesServer();
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    await expect(peers[0]?.send("posted", "a", { volatile: true })).rejects.toMatchObject({
      code: "DROPPED",
    });
    const again = await connectNotes(net, resumeHello(welcome));
    expect(await again.socket.peek()).toBeUndefined();
    again.socket.close();
  });

  test("a handler may close the session: it ends, and cannot be resumed", async () => {
    const go = gate();
    const { net, log } = startNotesServer({
      post: async () => {
        await go.passed;
        throw new CloseError(4403, "no more");
      },
    });
    const { socket, welcome } = await connectNotes(net);
    socket.send(postFrame(1, "x"));
    await loseConnection(net, socket);
    go.open();
    await vi.waitFor(() => expect(log).toEqual(["hook", "setup", "finally", "hook ends"]), waitOptions);
    const again = await connectNotes(net, resumeHello(welcome, { tx0: 2 }));
    expect(again.welcome).toMatchObject({ state: "reset", why: "unknown" });
    again.socket.close();
  });
});

describe("more messages than a session keeps", () => {
  test("end the session of a disconnected client, which receives a reset when it reconnects", async () => {
    const { net, peers, log, onError, changes } = startNotesServer({}, { sessions: { messages: 3 } });
    const { socket, welcome } = await connectConfirmed(net);
    await loseConnection(net, socket);
    for (const text of ["a", "b", "c", "d"]) peers[0]?.send("posted", text);
    await vi.waitFor(() => expect(log).toEqual(["hook", "setup", "finally", "hook ends"]), waitOptions);
    expect(await peers[0]?.closed).toMatchObject({ code: 4902 });
    expect(changes).toEqual([{ type: "detached" }, { type: "ended", undelivered: 3 }]);
    expect(onError).not.toHaveBeenCalled();
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "overflow", rx: 0 });
    expect(await again.socket.peek()).toBeUndefined();
    again.socket.close();
  });

  test("end it also when they are too many bytes", async () => {
    const { net, peers, log } = startNotesServer({}, { sessions: { bytes: 1_000 } });
    const { socket, welcome } = await connectNotes(net);
    await loseConnection(net, socket);
    peers[0]?.send("posted", "x".repeat(1_000));
    await vi.waitFor(() => expect(log).toContain("finally"), waitOptions);
    const again = await connectNotes(net, resumeHello(welcome));
    expect(again.welcome).toMatchObject({ state: "reset", why: "overflow" });
    again.socket.close();
  });

  test("sent by setup are reported to the app, and none is lost silently", async () => {
    const { net, onError } = startNotesServer(
      {
        before: async (peer) => {
          for (const text of ["a", "b", "c", "d"]) peer.send("posted", text);
          await new Promise(setImmediate);
        },
      },
      { sessions: { messages: 3 } },
    );
    const { socket, welcome } = await connectNotes(net);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce(), waitOptions);
    for (const [at, text] of ["a", "b", "c"].entries())
      expect(await socket.receive()).toBe(postedFrame(at + 1, text));
    await loseConnection(net, socket);
    const again = await connectNotes(net, resumeHello(welcome, { rx: 3 }));
    expect(again.welcome).toMatchObject({ state: "resumed" });
    again.socket.close();
  });

  test("to a connected client are reported, or wait when they are awaited", async () => {
    const { net, peers, log, onError } = startNotesServer({}, { sessions: { messages: 3 } });
    const { socket } = await connectNotes(net, { ...hello, w: 1 });
    for (const text of ["a", "b", "c", "d"]) peers[0]?.send("posted", text);
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce(), waitOptions);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({
      message: "1 event failed: send queue is full: await send()",
    });
    const awaited = peers[0]?.send("posted", "e").then(() => "went");
    for (const [at, text] of ["a", "b", "c"].entries()) {
      expect(await socket.receive()).toBe(postedFrame(at + 1, text));
      socket.send(`{"t":"ack","a":${at + 1}}`);
    }
    expect(await socket.receive()).toBe(postedFrame(4, "e", 5));
    socket.send('{"t":"ack","a":4}');
    expect(await awaited).toBe("went");
    expect(log).not.toContain("finally");
    socket.close();
  });
});
