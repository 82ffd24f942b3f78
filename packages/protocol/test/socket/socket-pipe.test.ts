import { describe, expect, test } from "vitest";
import { int, text } from "../../src/socket/codec.ts";
import { ValidationError } from "../../src/errors.ts";
import { RawSocket, type SocketCodecs } from "../../src/socket/socket.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";

/** A socket, and one at the other end of its wire. */
function createSockets<Receive, Send>(codecs?: SocketCodecs<Receive, Send>) {
  const [wire, far] = joinedWires();
  return { socket: new RawSocket(wire, codecs), other: new RawSocket(far), wire, far };
}

/** The values until the iterable ends. */
async function collect<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** An iterable that never has a value, and the calls of its iterator. */
function createEndless() {
  const calls: string[] = [];
  const values: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        calls.push("next");
        return new Promise(() => {});
      },
      return: () => {
        calls.push("return");
        return new Promise(() => {});
      },
    }),
  };
  return { calls, values };
}

test("a pipe of endless values lets the event loop run, however fast the receiver reads", async () => {
  const [wire, far] = joinedWires();
  const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const socket = new RawSocket(Object.assign(wire, { nextTurn }));
  const other = new RawSocket(far);
  void (async () => {
    for await (const message of other) void message;
  })();
  let sent = 0;
  const piped = socket.pipe(
    (function* () {
      while (sent < 100_000) yield String((sent += 1));
    })(),
  );
  await new Promise((resolve) => setTimeout(resolve));
  expect(sent).toBeLessThan(100_000);
  socket.close();
  await piped;
});

function* throwing(): Generator<number> {
  yield 1;
  throw new RangeError("broken");
}

test("sends the values of an iterable, and leaves the socket open", async () => {
  const { socket, other } = createSockets({ send: text });
  await socket.pipe(["1", "2"]);
  await socket.pipe(
    (async function* () {
      yield "3";
    })(),
  );
  socket.send("4");
  socket.close();
  expect(await collect(other)).toEqual(["1", "2", "3", "4"]);
});

test.each(["peer closes", "socket closes", "connection breaks"])(
  "ends when the %s, and the iterator returns",
  async (how) => {
    const { socket, other, wire, far } = createSockets({ send: int });
    let returned = false;
    function* numbers() {
      try {
        for (let n = 0; ; n += 1) {
          if (n === 3 && how === "peer closes") other.close();
          if (n === 3 && how === "socket closes") {
            far.pause(); // so that it does not answer
            socket.close();
          }
          if (n === 3 && how === "connection breaks") wire.terminate();
          yield n;
        }
      } finally {
        returned = true;
      }
    }
    await socket.pipe(numbers());
    expect(returned).toBe(true);
    expect(await other.receive()).toBe("0");
  },
);

test("rejects with the error of the iterable, and for a value that cannot be sent", async () => {
  const { socket } = createSockets({ send: int });
  const broken = new Error("broken");
  const throwing = (function* () {
    yield 1;
    throw broken;
  })();
  await expect(socket.pipe(throwing)).rejects.toBe(broken);
  await expect(socket.pipe([1.5])).rejects.toThrow(ValidationError);
});

test("the values of an iterable may be promises", async () => {
  const { socket, other } = createSockets({ send: int });
  await socket.pipe([Promise.resolve(1), 2] as never);
  expect([await other.receive(), await other.receive()]).toEqual(["1", "2"]);
});

test("a value that cannot be sent returns the iterator first", async () => {
  const { socket } = createSockets({ send: int });
  const log: string[] = [];
  function* wrong() {
    try {
      yield 1.5;
    } finally {
      log.push("returned");
    }
  }
  await expect(socket.pipe(wrong())).rejects.toThrow(ValidationError);
  expect(log).toEqual(["returned"]);
});

test.each([
  { failure: "the error of an iterable", values: throwing, error: RangeError },
  { failure: "a value that cannot be sent", values: () => [1.5], error: ValidationError },
])(
  "a pipe that is left alone causes no unhandled rejection for $failure; awaited later, it rejects",
  async ({ values, error }) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    const piped = createSockets({ send: int }).socket.pipe(values());
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
    await expect(piped).rejects.toThrow(error);
  },
);

describe("when the socket ends while no value comes", () => {
  test("the iterator returns at once, and pipe does not wait for it", async () => {
    const { socket, other } = createSockets({ send: text });
    const { calls, values } = createEndless();
    const piped = socket.pipe(values);
    other.close();
    await piped;
    expect(calls).toEqual(["next", "return"]);
  });

  test("a value that arrives later is dropped, and the iterator returns once", async () => {
    const { socket, other } = createSockets({ send: text });
    const calls: string[] = [];
    let late: (next: IteratorResult<string>) => void = () => {};
    const piped = socket.pipe({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          calls.push("next");
          return new Promise<IteratorResult<string>>((resolve) => (late = resolve));
        },
        return: () => {
          calls.push("return");
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    });
    other.close();
    await piped;
    late({ done: false, value: "late" });
    await new Promise(setImmediate);
    expect(calls).toEqual(["next", "return"]);
  });

  test("a generator that uses the signal ends, and the error that it throws then is no failure", async () => {
    const { socket, other } = createSockets({ send: text });
    const log: string[] = [];
    let piped = Promise.resolve();
    const ended = new Promise<void>((resolve) => {
      const values = async function* () {
        try {
          yield "1";
          await new Promise((_, reject) => {
            socket.signal.addEventListener("abort", () =>
              reject(new Error("stopped", { cause: socket.signal.reason })),
            );
          });
        } finally {
          log.push("finally");
          resolve();
        }
      };
      piped = socket.pipe(values()).then(() => void log.push("piped"));
    });
    expect(await other.receive()).toBe("1");
    other.close();
    await ended;
    await piped;
    expect(log).toEqual(["finally", "piped"]);
  });

  test("an iterator whose return fails causes no failure", async () => {
    const { socket, other } = createSockets({ send: text });
    const values = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string>>(() => {}),
        return: () => Promise.reject(new Error("broken")),
      }),
    };
    const piped = socket.pipe(values);
    other.close();
    await expect(piped).resolves.toBeUndefined();
  });
});

test("after the end only the return of the iterator is called", async () => {
  const { socket, other } = createSockets({ send: text });
  other.close();
  await socket.closed;
  const { calls, values } = createEndless();
  await expect(Promise.race([socket.pipe(values), new Promise(setImmediate)])).resolves.toBeUndefined();
  expect(calls).toEqual(["return"]);
});

test("a pipe removes its listener from the signal", async () => {
  const { socket } = createSockets();
  const added: unknown[] = [];
  const { signal } = socket;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (added.push(args[1]), add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (
    added.splice(added.indexOf(args[1]), 1),
    remove(...args)
  );
  await socket.pipe(["1"]);
  await expect(socket.pipe([1n])).rejects.toThrow(TypeError);
  expect(added).toEqual([]);
});
