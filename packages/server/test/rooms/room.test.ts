import { int, Sent, ValidationError } from "@symbolon/protocol";
import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { type RoomMember, Rooms } from "../../src/rooms/room.ts";
import { testNetwork } from "../../src/testing/index.ts";

class Hearer implements RoomMember {
  readonly heard: string[] = [];
  readonly told = new BoundedQueue<unknown>();
  readonly closed: Promise<void>;
  leave: () => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => (this.leave = resolve));
  }

  deliver(message: string): void {
    this.heard.push(message);
  }

  onError(error: unknown): void {
    this.told.push(error);
  }
}

function rooms() {
  const all = new Rooms<Hearer, Hearer>((hearer) => hearer);
  return (name: string) =>
    all.room(name, (message: string, { except }: { except?: Hearer } = {}) => {
      for (const [, hearer] of all.membersOf(name)) if (hearer !== except) hearer.deliver(message);
      return new Sent();
    });
}

describe("a room", () => {
  test("tells every member, in the order of joining, and nobody else", () => {
    const here = rooms()("a");
    const [ada, bob, eve] = [new Hearer(), new Hearer(), new Hearer()];
    here.join(ada);
    here.join(bob);
    here.send("hello");
    expect([ada.heard, bob.heard, eve.heard]).toEqual([["hello"], ["hello"], []]);
    expect(here.members).toEqual([ada, bob]);
    expect([here.name, here.size]).toEqual(["a", 2]);
  });

  test("does not tell the one who is excepted", () => {
    const here = rooms()("a");
    const [ada, bob] = [new Hearer(), new Hearer()];
    here.join(ada);
    here.join(bob);
    here.send("hello", { except: ada });
    expect([ada.heard, bob.heard]).toEqual([[], ["hello"]]);
  });

  test("has a member once, however often it joins", () => {
    const here = rooms()("a");
    const ada = new Hearer();
    here.join(ada);
    here.join(ada);
    here.send("hello");
    expect([here.size, ada.heard]).toEqual([1, ["hello"]]);
  });

  test("is left by leaving, which is no error for one who is not there", () => {
    const here = rooms()("a");
    const ada = new Hearer();
    here.leave(ada);
    here.join(ada);
    here.leave(ada);
    here.leave(ada);
    here.send("hello");
    expect([here.size, ada.heard]).toEqual([0, []]);
  });

  test("is left by whoever is gone", async () => {
    const here = rooms()("a");
    const ada = new Hearer();
    here.join(ada);
    ada.leave();
    await ada.closed;
    expect(here.size).toBe(0);
  });

  test("is the same room wherever its name is looked up, and no other", () => {
    const find = rooms();
    const ada = new Hearer();
    find("a").join(ada);
    expect([find("a").size, find("b").size]).toEqual([1, 0]);
  });

  test.each(["__proto__", "constructor", ""])("may be called %j", (name) => {
    const here = rooms()(name);
    here.join(new Hearer());
    expect(here.size).toBe(1);
  });

  test("tells those who were there when it was said, whoever leaves meanwhile", () => {
    const here = rooms()("a");
    const [ada, bob] = [new Hearer(), new Hearer()];
    ada.deliver = () => here.leave(bob);
    here.join(ada);
    here.join(bob);
    here.send("hello");
    expect(bob.heard).toEqual(["hello"]);
  });
});

describe("a room's watchers", () => {
  test("are told who joins and who leaves, when the room counts it already", async () => {
    const here = rooms()("a");
    const ada = new Hearer();
    const log: unknown[] = [];
    here.subscribe(({ type: is, member }) => log.push([is, member === ada, here.size]));
    here.join(ada);
    here.join(ada);
    here.leave(ada);
    here.leave(ada);
    here.join(ada);
    ada.leave();
    await ada.closed;
    expect(log).toEqual([
      ["joined", true, 1],
      ["left", true, 0],
      ["joined", true, 1],
      ["left", true, 0],
    ]);
  });

  test("are told of their own room, from whatever lookup, until they stop", () => {
    const find = rooms();
    const log: string[] = [];
    const note = (name: string) => log.push(name);
    const stop = find("a").subscribe(() => note("first"));
    find("a").subscribe(() => note("second"));
    find("b").join(new Hearer());
    find("a").join(new Hearer());
    stop();
    stop();
    find("a").join(new Hearer());
    expect(log).toEqual(["first", "second", "second"]);
  });

  test("that watch twice are told twice, and stop one by one", () => {
    const here = rooms()("a");
    const watcher = vi.fn();
    const stop = here.subscribe(watcher);
    here.subscribe(watcher);
    here.join(new Hearer());
    stop();
    here.join(new Hearer());
    expect(watcher).toHaveBeenCalledTimes(3);
  });

  test("that fail, now or later, harm nobody", async () => {
    const ada = new Hearer();
    const here = rooms()("a");
    const last = vi.fn();
    here.subscribe(() => {
      throw new Error("now");
    });
    here.subscribe(() => Promise.reject(new Error("later")));
    here.subscribe(last);
    here.join(ada);
    expect([here.size, last.mock.calls.length]).toEqual([1, 1]);
    expect(await ada.told.pull()).toEqual(new Error("now"));
    expect(await ada.told.pull()).toEqual(new Error("later"));
  });
});

describe("a room of raw routes", () => {
  test("tells the others, and is left when a client leaves", async () => {
    const app = createApp();
    app.ws("/", async (socket, { room }) => {
      const here = room("all");
      here.join(socket);
      await socket.send(here.size);
      for await (const line of socket) here.send(line, { except: socket });
      here.send(`${here.size} left`);
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

  test("is harmed by no member: one that broke, or cannot be written to", async () => {
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
