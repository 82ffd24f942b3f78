import { expect, test } from "vitest";
import { frameEntry, messageEntry, readFrame, sizeOf } from "./frame-text.ts";

test("a frame is a line with its type, its names and its numbers", () => {
  const frame = { t: "said", name: "posted", room: "lobby", s: 4, a: 2, data: { text: "hi" } };
  expect(frameEntry("received", frame, 60)).toEqual({
    kind: "received",
    text: "said posted lobby s=4 a=2",
    detail: JSON.stringify(frame, undefined, 2),
    size: 60,
    isControl: false,
  });
  expect(frameEntry("sent", { t: "ack", a: 2 }, 10)).toMatchObject({ text: "ack a=2", isControl: true });
});

test("what proves who a client is, is not in the log", () => {
  const rooms = [["lobby", 3, "ep", "secret-proof"]];
  const hello = { t: "hello", key: "secret", auth: "secret", resume: { sid: "s", rt: "secret" }, rooms };
  const { detail } = frameEntry("sent", hello, 1);
  expect(detail).not.toContain("secret");
  expect(JSON.parse(detail ?? "")).toMatchObject({
    key: "…",
    resume: { sid: "s", rt: "…" },
    rooms: ["lobby"],
  });
});

test("the data of the app is shown as it is", () => {
  const { detail } = frameEntry("sent", { t: "event", name: "login", data: { key: "k", rooms: [1] } }, 1);
  expect(JSON.parse(detail ?? "")).toMatchObject({ data: { key: "k", rooms: [1] } });
});

test("a message of a raw route is its text in a line, or its bytes", () => {
  expect(messageEntry("sent", "a\nb")).toEqual({ kind: "sent", text: "a b", detail: "a\nb", size: 3 });
  expect(messageEntry("sent", "")).toMatchObject({ text: "an empty text" });
  const bytes = new Uint8Array([1, 255]);
  expect(messageEntry("received", bytes.buffer)).toMatchObject({ text: "2 bytes", detail: "01 ff", size: 2 });
});

test("a long message is cut", () => {
  const { detail = "", size } = messageEntry("sent", "x".repeat(100_000));
  expect([detail.length, size]).toEqual([20_001, 100_000]);
});

test("what is no frame is not read as one", () => {
  expect([readFrame("no"), readFrame("1"), readFrame("null"), readFrame(new ArrayBuffer(1))]).toEqual(
    Array.from({ length: 4 }, () => undefined),
  );
  expect(readFrame('{"t":"ack"}')).toEqual({ t: "ack" });
});

test("a message has as many bytes as UTF-8 gives it", () => {
  expect([sizeOf("é"), sizeOf(new ArrayBuffer(3)), sizeOf(undefined)]).toEqual([2, 3, 0]);
});
