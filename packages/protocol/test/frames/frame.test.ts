import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromClient } from "../../src/frames/client-frames.ts";
import { ProtocolError } from "../../src/errors.ts";
import { jsonFrames } from "../../src/frames/frame-codec.ts";

const long = "n".repeat(129);
/** The fields of a welcome that name the session, and what the server has received. */
const session = '"sid":"s","rt":"r","ep":"e","rx":0,"w":64,"wb":1048576';
const notFrame = 'a frame is a JSON object with a known "t", sent as text';

test.each([
  '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1,"w":256,"wb":1048576}',
  '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":2,"auth":"","w":1,"wb":1,"resume":{"sid":"s","rt":"r","ep":"e","rx":0,"tx0":1}}',
  `{"t":"welcome","state":"new",${session},"heartbeat":{"i":25000,"t":10000},"ttl":120000}`,
  `{"t":"welcome","state":"reset","why":"lost",${session},"but":[3],"heartbeat":{"i":1,"t":1},"ttl":0}`,
  '{"t":"ack","a":7}',
  '{"t":"ack","a":7,"but":[3,5]}',
  '{"s":1,"a":9007199254740991,"t":"event","name":"post"}',
  '{"t":"event","name":"post"}',
  '{"t":"event","name":"constructor","data":null,"q":1}',
  '{"t":"error","code":"INVALID","message":""}',
  '{"t":"error","re":1,"code":"NO","message":"no","data":[]}',
  '{"t":"ping","n":1}',
  '{"t":"pong","n":9007199254740991}',
  '{"t":"bye"}',
  '{"t":"bye","why":"done"}',
])("%s is read, and written as it was", (message) => {
  const frame = jsonFrames.read(message, fromClient);
  expect(frame).toEqual(JSON.parse(message));
  expect(jsonFrames.write(frame)).toBe(message);
});

// S18
describe("an invalid frame is refused with 4400", () => {
  test.each([
    ["", notFrame],
    ["null", notFrame],
    ["[]", notFrame],
    ['"ping"', notFrame],
    ["{}", notFrame],
    ['{"t":"constructor"}', notFrame],
    ['{"t":["ping"],"n":1}', notFrame],
    ['{"__proto__":{"t":"bye"}}', notFrame],
    ['{"t":"bye","x":1}', 'unknown field "x"'],
    ['{"t":"bye","__proto__":1}', 'unknown field "__proto__"'],
    ['{"t":"bye","constructor":1}', 'unknown field "constructor"'],
    [`{"t":"bye","${long}":1}`, `unknown field "${"n".repeat(40)}"`],
    ['{"t":"ping"}', 'missing or wrong field "n"'],
    ['{"t":"ping","n":0}', 'missing or wrong field "n"'],
    ['{"t":"ping","n":1.5}', 'missing or wrong field "n"'],
    ['{"t":"ping","n":"1"}', 'missing or wrong field "n"'],
    ['{"t":"ping","n":1e999}', 'missing or wrong field "n"'],
    ['{"t":"event","name":""}', 'missing or wrong field "name"'],
    [`{"t":"event","name":"${long}"}`, 'missing or wrong field "name"'],
    ['{"t":"event","name":"a","q":null}', 'missing or wrong field "q"'],
    ['{"t":"error","code":"NO"}', 'missing or wrong field "message"'],
    ['{"t":"bye","why":1}', 'missing or wrong field "why"'],
    [
      '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1,"auth":null,"w":1,"wb":1}',
      'missing or wrong field "auth"',
    ],
    [
      '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1,"w":1,"wb":0}',
      'missing or wrong field "wb"',
    ],
    [
      '{"t":"hello","v":1,"cid":"c","key":"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk","att":1,"w":1,"wb":1,"resume":{"sid":"s"}}',
      'missing or wrong field "resume"',
    ],
    [
      `{"t":"welcome","state":"",${session},"heartbeat":{"i":1,"t":1},"ttl":0}`,
      'missing or wrong field "state"',
    ],
    [
      `{"t":"welcome","state":"new",${session},"heartbeat":{"i":1},"ttl":0}`,
      'missing or wrong field "heartbeat"',
    ],
    [
      `{"t":"welcome","state":"new",${session},"heartbeat":null,"ttl":0}`,
      'missing or wrong field "heartbeat"',
    ],
    [
      `{"t":"welcome","state":"new",${session},"but":[0],"heartbeat":{"i":1,"t":1},"ttl":0}`,
      'missing or wrong field "but"',
    ],
    ['{"t":"ack","a":0}', 'missing or wrong field "a"'],
    ['{"t":"ack","a":1,"but":5}', 'missing or wrong field "but"'],
    ['{"s":0,"t":"event","name":"a"}', 'missing or wrong field "s"'],
    ['{"a":1.5,"t":"end","q":1}', 'missing or wrong field "a"'],
    ['{"s":1,"t":"bye"}', 'unknown field "s"'],
    ['{"s":1,"t":"auth","token":"t"}', 'unknown field "s"'],
  ])("%s: %s", (message, why) => {
    expect(() => jsonFrames.read(message, fromClient)).toThrow(
      expect.objectContaining({ code: "BAD_FRAME", closeCode: 4400 }),
    );
    expect(() => jsonFrames.read(message, fromClient)).toThrow(why);
  });

  test("a binary message", () => {
    expect(() => jsonFrames.read(new Uint8Array())).toThrow(new ProtocolError(notFrame));
  });
});

// S18, CVE-2022-2421
test("reading returns a frame or throws ProtocolError, whatever arrives", () => {
  const fields = "t v cid att name data q re code message n why s a w wb but rx __proto__".split(" ");
  const kinds = fc.constantFrom(
    "hello",
    "welcome",
    "ack",
    "event",
    "error",
    "ping",
    "pong",
    "bye",
    "toString",
  );
  const value = fc.oneof(kinds, fc.jsonValue(), fc.integer());
  const almost = fc.dictionary(fc.constantFrom(...fields), value).map((frame) => JSON.stringify(frame));
  const read = (message: string): unknown => {
    try {
      return jsonFrames.read(message, fromClient);
    } catch (error) {
      return error;
    }
  };
  const messages = fc.oneof(fc.string(), fc.json(), almost);
  const property = fc.property(messages, (message) => {
    const result = read(message);
    return result instanceof ProtocolError || isDeepStrictEqual(result, JSON.parse(message));
  });
  expect(() => fc.assert(property, { numRuns: 1_000 })).not.toThrow();
});

test("a frame is not written when its data cannot be JSON", () => {
  expect(() => jsonFrames.write({ t: "event", name: "a", data: 1n })).toThrow(TypeError);
});
