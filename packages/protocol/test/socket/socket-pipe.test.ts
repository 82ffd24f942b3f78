import { describe, expect, test } from "vitest";
import { int, text } from "../../src/socket/codec.ts";
import { ValidationError } from "../../src/errors.ts";
import { RawSocket, type SocketCodecs } from "../../src/socket/socket.ts";
import { joinedWires } from "../../src/wire/joined-wires.ts";

function sockets<Receive, Send>(codecs?: SocketCodecs<Receive, Send>) {
  const [wire, far] = joinedWires();
  return { socket: new RawSocket(wire, codecs), other: new RawSocket(far), wire, far };
}

async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** An iterator that never has a value, and what it was told. */
function deaf() {
  const told: string[] = [];
  const values: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        told.push("next");
        return new Promise(() => {});
      },
      return: () => {
        told.push("return");
        return new Promise(() => {});
      },
    }),
  };
  return { told, values };
}

function* throwing(): Generator<number> {
  yield 1;
  throw new RangeError("broken");
}

test("sends what an iterable has, and leaves the socket open", async () => {
  const { socket, other } = sockets({ send: text });
  await socket.pipe(["1", "2"]);
  await socket.pipe(
    (async function* () {
      yield "3";
    })(),
  );
  socket.send("4");
  socket.close();
  expect(await all(other)).toEqual(["1", "2", "3", "4"]);
});

test.each(["other half closes", "this half closes", "connection breaks"])(
  "ends when the %s, and returns the iterator",
  async (how) => {
    const { socket, other, wire, far } = sockets({ send: int });
    let returned = false;
    function* numbers() {
      try {
        for (let n = 0; ; n += 1) {
          if (n === 3 && how === "other half closes") other.close();
          if (n === 3 && how === "this half closes") {
            far.pause(); // its answer stays out
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

test("throws what the iterable throws, and what cannot be sent", async () => {
  const { socket } = sockets({ send: int });
  const broken = new Error("broken");
  const throwing = (function* () {
    yield 1;
    throw broken;
  })();
  await expect(socket.pipe(throwing)).rejects.toBe(broken);
  await expect(socket.pipe([1.5])).rejects.toThrow(ValidationError);
});

test("the values of an iterable may be promises", async () => {
  const { socket, other } = sockets({ send: int });
  await socket.pipe([Promise.resolve(1), 2] as never);
  expect([await other.receive(), await other.receive()]).toEqual(["1", "2"]);
});

test("a value that cannot be sent returns the iterator first", async () => {
  const { socket } = sockets({ send: int });
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
  { what: "what the iterable throws", values: throwing, kind: RangeError },
  { what: "what cannot be sent", values: () => [1.5], kind: ValidationError },
])("left alone, $what raises no unhandled rejection; awaited later, it rejects", async ({ values, kind }) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const piped = sockets({ send: int }).socket.pipe(values());
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
  await expect(piped).rejects.toThrow(kind);
});

describe("when the socket ends while no value comes", () => {
  test("the iterator is returned at once, and not waited for", async () => {
    const { socket, other } = sockets({ send: text });
    const { told, values } = deaf();
    const piped = socket.pipe(values);
    other.close();
    await piped;
    expect(told).toEqual(["next", "return"]);
  });

  test("a value that comes after all is dropped, and the iterator is returned once", async () => {
    const { socket, other } = sockets({ send: text });
    const told: string[] = [];
    let late: (next: IteratorResult<string>) => void = () => {};
    const piped = socket.pipe({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          told.push("next");
          return new Promise<IteratorResult<string>>((resolve) => (late = resolve));
        },
        return: () => {
          told.push("return");
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    });
    other.close();
    await piped;
    late({ done: false, value: "late" });
    await new Promise(setImmediate);
    expect(told).toEqual(["next", "return"]);
  });

  test("a generator that heeds the signal ends, and what it throws then is no failure", async () => {
    const { socket, other } = sockets({ send: text });
    const log: string[] = [];
    let piped = Promise.resolve();
    const left = new Promise<void>((resolve) => {
      const heeding = async function* () {
        try {
          yield "1";
          await new Promise((_, reject) => {
            socket.signal.addEventListener("abort", () =>
              reject(new Error("left", { cause: socket.signal.reason })),
            );
          });
        } finally {
          log.push("finally");
          resolve();
        }
      };
      piped = socket.pipe(heeding()).then(() => void log.push("piped"));
    });
    expect(await other.receive()).toBe("1");
    other.close();
    await left;
    await piped;
    expect(log).toEqual(["finally", "piped"]);
  });

  test("an iterator whose ending fails harms nobody", async () => {
    const { socket, other } = sockets({ send: text });
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

test("after the end nothing is asked of the iterator but to return", async () => {
  const { socket, other } = sockets({ send: text });
  other.close();
  await socket.closed;
  const { told, values } = deaf();
  await expect(Promise.race([socket.pipe(values), new Promise(setImmediate)])).resolves.toBeUndefined();
  expect(told).toEqual(["return"]);
});

test("a socket that pipes many times keeps nothing of what was piped", async () => {
  const { socket } = sockets();
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
