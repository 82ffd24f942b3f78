import { int, Sent, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { type RoomMember, Rooms } from "../../src/rooms/room.ts";
import { testNetwork } from "../../src/testing/index.ts";

class TestMember implements RoomMember {
  readonly received: string[] = [];
  readonly errors = new BoundedQueue<unknown>();
  readonly closed: Promise<void>;
  leave: () => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => (this.leave = resolve));
  }

  deliver(message: string): void {
    this.received.push(message);
  }

  onError(error: unknown): void {
    this.errors.push(error);
  }
}

function createRooms() {
  const all = new Rooms<TestMember, TestMember>((member) => member);
  return (name: string) =>
    all.room(name, (message: string, { except }: { except?: TestMember } = {}) => {
      for (const [, member] of all.membersOf(name)) if (member !== except) member.deliver(message);
      return new Sent();
    });
}

describe("a room", () => {
  test("sends to every member, in the order of joining, and to no other client", () => {
    const lobby = createRooms()("a");
    const [ada, bob, eve] = [new TestMember(), new TestMember(), new TestMember()];
    lobby.join(ada);
    lobby.join(bob);
    lobby.send("hello");
    expect([ada.received, bob.received, eve.received]).toEqual([["hello"], ["hello"], []]);
    expect(lobby.members).toEqual([ada, bob]);
    expect([lobby.name, lobby.size]).toEqual(["a", 2]);
  });

  test("does not send to the excepted member", () => {
    const lobby = createRooms()("a");
    const [ada, bob] = [new TestMember(), new TestMember()];
    lobby.join(ada);
    lobby.join(bob);
    lobby.send("hello", { except: ada });
    expect([ada.received, bob.received]).toEqual([[], ["hello"]]);
  });

  test("has a member once, however often it joins", () => {
    const lobby = createRooms()("a");
    const ada = new TestMember();
    lobby.join(ada);
    lobby.join(ada);
    lobby.send("hello");
    expect([lobby.size, ada.received]).toEqual([1, ["hello"]]);
  });

  test("loses a member that leaves; leaving a room twice is no error", () => {
    const lobby = createRooms()("a");
    const ada = new TestMember();
    lobby.leave(ada);
    lobby.join(ada);
    lobby.leave(ada);
    lobby.leave(ada);
    lobby.send("hello");
    expect([lobby.size, ada.received]).toEqual([0, []]);
  });

  test("loses a member that has closed", async () => {
    const lobby = createRooms()("a");
    const ada = new TestMember();
    lobby.join(ada);
    ada.leave();
    await ada.closed;
    expect(lobby.size).toBe(0);
  });

  test("is the same wherever its name is looked up, and differs from rooms of other names", () => {
    const find = createRooms();
    const ada = new TestMember();
    find("a").join(ada);
    expect([find("a").size, find("b").size]).toEqual([1, 0]);
  });

  // graphql-ws #692
  test.each(["__proto__", "constructor", ""])("may have the name %j", (name) => {
    const lobby = createRooms()(name);
    lobby.join(new TestMember());
    expect(lobby.size).toBe(1);
  });

  test("sends to the members at the time of the send, also to one that leaves meanwhile", () => {
    const lobby = createRooms()("a");
    const [ada, bob] = [new TestMember(), new TestMember()];
    ada.deliver = () => lobby.leave(bob);
    lobby.join(ada);
    lobby.join(bob);
    lobby.send("hello");
    expect(bob.received).toEqual(["hello"]);
  });
});

describe("a room's subscribers", () => {
  test("receive each member that joins or leaves; the room's size counts it already", async () => {
    const lobby = createRooms()("a");
    const ada = new TestMember();
    const log: unknown[] = [];
    lobby.subscribe(({ type, member }) => log.push([type, member === ada, lobby.size]));
    lobby.join(ada);
    lobby.join(ada);
    lobby.leave(ada);
    lobby.leave(ada);
    lobby.join(ada);
    ada.leave();
    await ada.closed;
    expect(log).toEqual([
      ["joined", true, 1],
      ["left", true, 0],
      ["joined", true, 1],
      ["left", true, 0],
    ]);
  });

  test("learn the changes of their own room alone, until they unsubscribe", () => {
    const find = createRooms();
    const log: string[] = [];
    const add = (name: string) => log.push(name);
    const stop = find("a").subscribe(() => add("first"));
    find("a").subscribe(() => add("second"));
    find("b").join(new TestMember());
    find("a").join(new TestMember());
    stop();
    stop();
    find("a").join(new TestMember());
    expect(log).toEqual(["first", "second", "second"]);
  });

  test("that subscribe twice are called twice, and unsubscribe one by one", () => {
    const lobby = createRooms()("a");
    const listener = vi.fn();
    const stop = lobby.subscribe(listener);
    lobby.subscribe(listener);
    lobby.join(new TestMember());
    stop();
    lobby.join(new TestMember());
    expect(listener).toHaveBeenCalledTimes(3);
  });

  test("that throw, now or later, affect neither the member nor other subscribers", async () => {
    const ada = new TestMember();
    const lobby = createRooms()("a");
    const last = vi.fn();
    lobby.subscribe(() => {
      throw new Error("now");
    });
    lobby.subscribe(() => Promise.reject(new Error("later")));
    lobby.subscribe(last);
    lobby.join(ada);
    expect([lobby.size, last.mock.calls.length]).toEqual([1, 1]);
    expect(await ada.errors.pull()).toEqual(new Error("now"));
    expect(await ada.errors.pull()).toEqual(new Error("later"));
  });
});

describe("a room of raw routes", () => {
  test("sends to the others, and loses a client that disconnects", async () => {
    const app = createApp();
    app.ws("/", async (socket, { room }) => {
      const lobby = room("all");
      lobby.join(socket);
      await socket.send(lobby.size);
      for await (const line of socket) lobby.send(line, { except: socket });
      lobby.send(`${lobby.size} left`);
    });
    const net = testNetwork(app);
    const [ada, bob] = [await net.connect("/"), await net.connect("/")];
    expect([await ada.receive(), await bob.receive()]).toEqual(["1", "2"]);
    ada.send("hello");
    expect(await bob.receive()).toBe("hello");
    ada.close();
    expect(await bob.receive()).toBe("1 left");
    bob.close();
  });

  test("closes a member that cannot receive a message, and sends to the others", async () => {
    const onError = vi.fn();
    const app = createApp({ onError });
    app.ws("/numbers", { send: int }, async (socket, { room }) => {
      room("all").join(socket);
      await socket.send(0);
      await socket.closed;
    });
    app.ws("/all", async (socket, { room }) => {
      room("all").join(socket);
      for await (const line of socket) room("all").send(line);
    });
    const net = testNetwork(app);
    const numbers = await net.connect("/numbers");
    expect(await numbers.receive()).toBe("0");
    const ada = await net.connect("/all");
    ada.send("no number");
    expect(await ada.receive()).toBe("no number");
    expect(await numbers.closed).toMatchObject({ code: 1011 });
    expect(onError.mock.calls).toEqual([
      [new ValidationError([{ message: "expected a safe integer, got string" }]), expect.anything()],
    ]);
    expect(onError.mock.calls[0]?.[1]).toMatchObject({
      phase: "open",
      request: { url: "http://test/numbers" },
    });
    ada.send("again");
    expect(await ada.receive()).toBe("again");
    ada.close();
  });
});
