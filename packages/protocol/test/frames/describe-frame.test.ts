import { describe, expect, test } from "vitest";
import { describeFrame, describeMessage } from "../../src/frames/describe-frame.ts";
import { msgpack } from "../../src/frames/msgpack.ts";

describe("the description of a frame", () => {
  test.each([
    ['{"s":3,"t":"event","name":"post","data":"hidden"}', 'event name="post" s=3 (text, 49 bytes)'],
    [
      '{"t":"said","room":"tea","o":2,"p":1,"name":"posted","data":"hidden"}',
      'said name="posted" room="tea" o=2 (text, 69 bytes)',
    ],
    [
      '{"t":"error","re":1,"code":"GONE","message":"hidden","data":null}',
      'error re=1 code="GONE" (text, 65 bytes)',
    ],
    ['{"t":"auth","token":"hidden"}', "auth (text, 29 bytes)"],
    ['{"t":"event"}', "no frame (text, 13 bytes)"],
    ["hidden", "no frame (text, 6 bytes)"],
    [new Uint8Array(2), "no frame (binary, 2 bytes)"],
  ])("has names, numbers and sizes of %s", (message, description) => {
    expect(describeFrame(message)).toBe(description);
  });

  test("has nothing secret of hello and welcome", () => {
    const hello = {
      t: "hello",
      v: 1,
      cid: "hidden",
      key: "hidden",
      att: 1,
      auth: "hidden",
      resume: { sid: "hidden", rt: "hidden", ep: "hidden", rx: 0, tx0: 1 },
      w: 1,
      wb: 1,
    };
    const welcome = {
      t: "welcome",
      sid: "hidden",
      rt: "hidden",
      ep: "hidden",
      rx: 0,
      w: 1,
      wb: 1,
      state: "new",
      heartbeat: { i: 1, t: 1 },
      ttl: 1,
    };
    expect(describeFrame(JSON.stringify(hello))).toMatch(/^hello \(/);
    expect(describeFrame(JSON.stringify(welcome))).toMatch(/^welcome state="new" \(/);
  });

  test("reads the frames of a codec", () => {
    const message = msgpack.write({ t: "event", name: "post", data: new Uint8Array(9) });
    expect(describeFrame(message, msgpack)).toBe(`event name="post" (binary, ${message.length} bytes)`);
  });
});

test("the description of a raw message is its size", () => {
  expect(describeMessage("é")).toBe("text, 2 bytes");
  expect(describeMessage(new Uint8Array(3))).toBe("binary, 3 bytes");
});
