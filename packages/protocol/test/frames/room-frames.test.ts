import { describe, expect, test } from "vitest";
import { fromClient } from "../../src/frames/client-frames.ts";
import { type FrameCodec, jsonFrames } from "../../src/frames/frame-codec.ts";
import { msgpack } from "../../src/frames/msgpack.ts";

const rooms = '"rooms":[["lobby","e",0,0,"p"],["","e",7,3,""]]';

test.each([
  `{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,${rooms},"w":1,"wb":1}`,
  '{"t":"room","room":"lobby","ep":"e","off":0}',
  '{"t":"room","room":""}',
  '{"t":"said","room":"lobby","o":1,"p":0,"name":"message"}',
  '{"t":"said","room":"lobby","o":9007199254740991,"p":7,"name":"message","data":{"a":[]}}',
  '{"t":"skip","room":"lobby","o":8,"p":7}',
  '{"t":"gap","room":"lobby","from":0,"to":0,"why":"epoch"}',
  '{"t":"gap","from":8,"to":9,"why":"overflow"}',
])("%s is read, and written as it was", (message) => {
  const frame = jsonFrames.read(message, fromClient);
  expect(frame).toEqual(JSON.parse(message));
  expect(jsonFrames.write(frame)).toBe(message);
});

test.each([
  [
    '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,"rooms":[["lobby","e",0,0]],"w":1,"wb":1}',
    "rooms",
  ],
  [
    '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,"rooms":[["lobby","",1,0,"p"]],"w":1,"wb":1}',
    "rooms",
  ],
  [
    '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,"rooms":[["lobby","e",-1,0,"p"]],"w":1,"wb":1}',
    "rooms",
  ],
  [
    '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,"rooms":{"0":1},"w":1,"wb":1}',
    "rooms",
  ],
  ['{"t":"room","ep":"e","off":0}', "room"],
  ['{"t":"room","room":"lobby","ep":"e","off":0.5}', "off"],
  ['{"t":"said","room":"lobby","o":0,"p":0,"name":"message"}', "o"],
  ['{"t":"said","room":"lobby","o":1,"name":"message"}', "p"],
  ['{"t":"said","room":"lobby","o":1,"p":0,"name":""}', "name"],
  ['{"t":"skip","room":"lobby","o":"1","p":0}', "o"],
  ['{"t":"gap","from":1,"why":"trimmed"}', "to"],
])("%s is refused for its %s", (message, field) => {
  expect(() => jsonFrames.read(message, fromClient)).toThrow(`missing or wrong field "${field}"`);
});

describe.each<FrameCodec>([jsonFrames, msgpack])("the payload of a room in $protocol", (codec) => {
  const payload = codec.write({ name: "message", data: { n: 1 } });

  test("becomes `said` with its placement", () => {
    const place = { t: "said", room: 'a "room"', o: 1, p: 0 } as const;
    const frame = codec.stamp(payload, place);
    expect(codec.read(frame)).toEqual({ ...place, name: "message", data: { n: 1 } });
  });

  test("becomes an event in JSON for a plain client", () => {
    const event = jsonFrames.stamp(payload, { t: "event" });
    expect(JSON.parse(String(event))).toEqual({ t: "event", name: "message", data: { n: 1 } });
  });
});
