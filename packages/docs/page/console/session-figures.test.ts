import { expect, test } from "vitest";
import { noFigures, SessionReader } from "./session-figures.ts";

test("before the first frame there is nothing", () => {
  expect(new SessionReader().figures).toEqual(noFigures);
});

test("the figures follow numbers and acknowledgements of both sides, with the time between them", () => {
  const reader = new SessionReader();
  reader.received({ t: "welcome", state: "new", sid: "abcdefghijkl" }, 100, 0);
  reader.sent({ t: "event", s: 1 }, 10, 5);
  reader.sent({ t: "event", s: 2 }, 10, 8);
  reader.received({ t: "event", s: 4, a: 1 }, 20, 12);
  expect(reader.figures).toEqual({
    session: "abcdefgh",
    began: "new",
    sent: 2,
    acknowledged: 1,
    received: 4,
    roundTrip: 7,
    bytesSent: 20,
    bytesReceived: 120,
  });
  reader.received({ t: "ack", a: 2 }, 5, 20);
  expect(reader.figures).toMatchObject({ acknowledged: 2, roundTrip: 12 });
});

test("a message that is sent again after a loss counts once", () => {
  const reader = new SessionReader();
  reader.sent({ t: "event", s: 1 }, 10, 0);
  reader.sent({ t: "event", s: 1 }, 10, 50);
  reader.received({ t: "ack", a: 1 }, 5, 60);
  expect(reader.figures).toMatchObject({ sent: 1, acknowledged: 1, roundTrip: 60 });
});

test("a resumed session keeps its numbers, and another one begins anew", () => {
  const reader = new SessionReader();
  reader.sent({ t: "event", s: 3 }, 10, 0);
  reader.received({ t: "welcome", state: "resumed", sid: "abcdefghijkl" }, 1, 1);
  expect(reader.figures).toMatchObject({ began: "resumed", sent: 3 });
  reader.received({ t: "welcome", state: "reset", sid: "mnopqrstuv" }, 1, 2);
  expect(reader.figures).toMatchObject({ session: "mnopqrst", began: "new: the old one was lost", sent: 0 });
});
