import { describe, expect, test } from "vitest";
import { message, startSession } from "./session-harness.ts";

describe("answers", () => {
  test("have capacity until as many are kept as messages may be, and again when some are acknowledged", async () => {
    const { sender, acknowledge } = startSession({ messages: 2 });
    const send = (): unknown => sender.send(message("answer"), { lane: "answer" });
    expect(sender.capacity()).toBeUndefined();
    send();
    expect(sender.capacity()).toBeUndefined();
    send();
    const capacity = sender.capacity();
    expect(capacity).toBeInstanceOf(Promise);
    acknowledge(1);
    expect(await capacity).toBeUndefined();
    expect(sender.capacity()).toBeUndefined();
  });

  test("wait for no capacity when the session has ended", async () => {
    const { sender } = startSession({ bytes: 100 });
    sender.send(message("answer", 200), { lane: "answer" });
    const capacity = sender.capacity();
    expect(capacity).toBeInstanceOf(Promise);
    sender.end("over");
    expect(await capacity).toBeUndefined();
  });
});

test("an acknowledgement is read once, however many messages it leaves out", () => {
  const { sender, acknowledge } = startSession({ remote: { credit: { messages: 900, bytes: 2 ** 20 } } });
  for (let n = 1; n <= 900; n += 1) void sender.send(message(n));
  let reads = 0;
  const pending = new Proxy(
    Array.from({ length: 900 }, (_, at) => at + 1),
    {
      get(target, key, receiver): unknown {
        if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
        return Reflect.get(target, key, receiver);
      },
    },
  );
  acknowledge(900, pending);
  expect([sender.undelivered, reads]).toEqual([900, 900]);
});
