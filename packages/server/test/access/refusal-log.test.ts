import { Clock } from "@symbolon/server/testing";
import { expect, test, vi } from "vitest";
import { RefusalLog } from "../../src/access/refusal-log.ts";
import type { ErrorContext } from "../../src/request/errors.ts";
import { Refusal, RefusedError } from "../../src/request/refusal.ts";
import { describeTransport } from "../../src/request/transport.ts";

function createLog() {
  const clock = new Clock();
  const reported: (readonly [RefusedError, ErrorContext])[] = [];
  const log = new RefusalLog(clock, (error, context) => void reported.push([error as RefusedError, context]));
  const refuse = (kind: string, url = "http://host.test/chat"): Refusal => {
    const refusal = new Refusal({ kind, status: 429, reason: `too many: ${kind}` });
    return log.note(refusal, new Request(url));
  };
  const messages = (): string[] => reported.map(([{ message }]) => message);
  return { clock, reported, log, refuse, messages };
}

test("a refusal is reported with what the server saw, without the query, and with its kind and status", () => {
  const { log, reported } = createLog();
  const request = new Request("http://host.test:3000/chat?token=secret", {
    headers: { origin: "http://page.test", cookie: "secret=1" },
  });
  describeTransport(request, { address: "192.0.2.1" });
  const refusal = new Refusal({ kind: "security.origins", status: 403, reason: "short", log: "long" });
  expect(log.note(refusal, request)).toBe(refusal);
  const [[error, context] = []] = reported;
  expect(context).toEqual({ request, phase: "refused" });
  expect(error).toBeInstanceOf(RefusedError);
  expect(error).toMatchObject({
    kind: "security.origins",
    status: 403,
    count: 1,
    seen: { origin: "http://page.test", host: "host.test:3000", address: "192.0.2.1", path: "/chat" },
  });
  expect(error?.message).toBe("refused with 403: long");
});

test("the app's own answers are not reported", () => {
  const { log, reported } = createLog();
  const answer = new Response("no", { status: 403 });
  expect(log.note(answer, new Request("http://host.test/"))).toBe(answer);
  expect(log.note(undefined, new Request("http://host.test/"))).toBeUndefined();
  expect(reported).toEqual([]);
});

test("of each kind ten refusals in a minute are reported one by one, and then the number of the others", () => {
  const { clock, refuse, messages, reported } = createLog();
  for (let round = 0; round < 12; round += 1) refuse("one");
  refuse("two");
  const ten = Array.from({ length: 10 }, () => "refused with 429: too many: one");
  expect(messages()).toEqual([...ten, "refused with 429: too many: two"]);
  clock.advance(59_999);
  refuse("one");
  expect(messages()).toHaveLength(11);
  clock.advance(1);
  expect(messages().slice(11)).toEqual([
    "refused 3 more within a minute with 429, the first of them: too many: one",
  ]);
  expect(reported.at(-1)?.[0].count).toBe(3);
  refuse("one");
  expect(messages().slice(12)).toEqual(["refused with 429: too many: one"]);
});

test("a minute without others ends in silence, and the next one has ten of its own", () => {
  const { clock, refuse, messages } = createLog();
  for (let round = 0; round < 10; round += 1) refuse("one");
  clock.advance(60_000);
  expect(messages()).toHaveLength(10);
  for (let round = 0; round < 10; round += 1) refuse("one");
  expect(messages()).toHaveLength(20);
});

// S29
test("what a client sent is in a report on one line, cut to 256 characters", () => {
  const { log, reported } = createLog();
  const origin = `http://${"a".repeat(300)}.test`;
  log.note(
    new Refusal({ kind: "path", status: 404, reason: "none" }),
    new Request(`http://host.test/${"b".repeat(300)}`, { headers: { origin } }),
  );
  expect(reported[0]?.[0].seen).toEqual({
    origin: origin.slice(0, 256),
    host: "host.test",
    path: `/${"b".repeat(255)}`,
  });
});

test("an onError that throws does not reject", () => {
  const failure = vi.spyOn(console, "error").mockImplementation(() => {});
  const log = new RefusalLog(new Clock(), () => {
    throw new Error("mine");
  });
  const refusal = new Refusal({ kind: "path", status: 404, reason: "none" });
  expect(log.note(refusal, new Request("http://host.test/"))).toBe(refusal);
  failure.mockRestore();
});
