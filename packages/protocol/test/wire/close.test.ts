import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkCloseCode,
  closeAdvice,
  CloseCode,
  closeCodeOfStatus,
  cutReason,
  isTerminal,
} from "../../src/wire/close.ts";

describe("advice", () => {
  const adviceFor = (codes: number[]) => new Set(codes.map(closeAdvice));

  test("codes that end the conversation for good ask to end", () => {
    expect(adviceFor([1000, 1002, 1003, 1007, 1008, 1009])).toEqual(new Set(["end"]));
    expect(adviceFor([4400, 4402, 4403, 4404, 4499, 4900])).toEqual(new Set(["end"]));
  });

  test("codes that may pass, and unknown codes, ask to retry", () => {
    expect(adviceFor([1001, 1005, 1006, 1011, 1012, 1013])).toEqual(new Set(["retry"]));
    expect(adviceFor([4408, 4429, 4500, 4503, 4599, 4901, 4902, 4903])).toEqual(new Set(["retry"]));
    expect(adviceFor([3000, 4000, 4399, 4999])).toEqual(new Set(["retry"]));
  });

  test("an expired credential asks to reauthenticate", () => {
    expect(closeAdvice(CloseCode.Unauthorized)).toBe("reauthenticate");
    expect(isTerminal(CloseCode.Unauthorized)).toBe(true); // for a client without another credential
  });
});

test.each([
  [400, 4400],
  [401, 4401],
  [503, 4503],
  [599, 4599],
  [200, 4403],
  [302, 4403],
  [600, 4403],
])("status %d closes with %d", (status, code) => expect(closeCodeOfStatus(status)).toBe(code));

// S27
test.each([1000, 1003, 1007, 1014, 3000, 4999])("%d may be sent", (code) => {
  expect(() => checkCloseCode(code)).not.toThrow();
});

test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN, Infinity])(
  "%d may not be sent",
  (code) =>
    expect(() => checkCloseCode(code)).toThrow(
      new RangeError(`close code ${code} cannot be sent: use 1000 or 3000 to 4999`),
    ),
);

test("every code of the table may be sent, except for the two that report its absence", () => {
  const unsendable = Object.values(CloseCode).filter((code) => {
    try {
      checkCloseCode(code);
      return false;
    } catch {
      return true;
    }
  });
  expect(unsendable).toEqual([CloseCode.NoStatus, CloseCode.Abnormal]);
});

// S27
describe("a reason", () => {
  const size = (line: string): number => new TextEncoder().encode(line).length;

  test.each([
    ["a".repeat(123), 123],
    ["a".repeat(124), 123],
    ["é".repeat(100), 61],
    ["😀".repeat(40), 60],
  ])("%s is cut to %d units", (reason, length) => expect(cutReason(reason)).toBe(reason.slice(0, length)));

  // S27
  test("is cut only when it must be, as little as possible, never through a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (reason) => {
        const kept = cutReason(reason);
        expect(reason.startsWith(kept)).toBe(true);
        expect(size(kept)).toBeLessThanOrEqual(123);
        const next = String.fromCodePoint(...[reason.slice(kept.length).codePointAt(0) ?? []].flat());
        expect(kept === reason || size(kept + next) > 123).toBe(true);
        expect(size(kept) + size(reason.slice(kept.length))).toBe(size(reason));
      }),
    );
  });
});
