import { expect, test } from "vitest";

test("@symbolon/protocol exports these names and no others", async () => {
  const names = Object.keys(await import("@symbolon/protocol")).sort();
  expect(names).toMatchInlineSnapshot();
});
