import { expect, test } from "vitest";
import { OutgoingMessage } from "../../src/session/outgoing-message.ts";
import { Session } from "../../src/session/session.ts";
import { ample, message, outcome, stamped, TestSink } from "./session-harness.ts";

/** A session that another process left: 4 messages had arrived, 2 and 3 are lost; 6 to 8 were sent, 6 is acknowledged. */
function restoredSession() {
  const unacknowledged = [
    new OutgoingMessage(message("seven"), { lane: "event" }, 7),
    new OutgoingMessage(message("eight"), { lane: "answer" }, 8),
  ];
  const missing = new Set([2, 3]);
  const restored = { upTo: 4, missing, lastSequence: 8, unacknowledged };
  const { sender, receiver } = new Session({ window: { messages: 8, bytes: 1_000 } }, restored);
  return { sender, receiver, missing, unacknowledged };
}

test("a restored session resends the unacknowledged messages, and continues with the next sequence", async () => {
  const { sender, unacknowledged } = restoredSession();
  const sink = new TestSink();
  expect([sender.firstHeld, sender.lastSequence, sender.undelivered]).toEqual([7, 8, 2]);
  sender.attach(sink, { ...ample, upTo: 7 });
  sender.send(message("nine"));
  expect(sink.sent()).toEqual([stamped(8, "eight"), '{"t":"ack","a":4,"but":[2,3]}', stamped(9, "nine")]);
  sender.acknowledge({ upTo: 8, pending: [] });
  expect(await Promise.all(unacknowledged.map(outcome))).toEqual(["settled", "settled"]);
});

test("a restored session receives the messages that were lost once more, each once", () => {
  const { receiver, missing } = restoredSession();
  expect(receiver.received).toEqual({ upTo: 4, pending: [2, 3] });
  expect([1, 2, 2, 4, 3, 5].map((sequence) => receiver.accept(sequence))).toEqual([
    false,
    true,
    false,
    false,
    true,
    true,
  ]);
  expect([[...missing], receiver.received]).toEqual([[], { upTo: 5, pending: [] }]);
});

// S33
test("events that were not acknowledged count against the credit", () => {
  const { sender } = restoredSession();
  const sink = new TestSink();
  sender.attach(sink, { ...ample, upTo: 8, credit: { messages: 1, bytes: 1_000 } });
  sink.sent();
  sender.send(message("nine"));
  expect(sink.sent()).toEqual([]);
  sender.acknowledge({ upTo: 7, pending: [] });
  expect(sink.sent()).toEqual([stamped(9, "nine")]);
});
