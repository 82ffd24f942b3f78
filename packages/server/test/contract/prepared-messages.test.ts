import { expect, test } from "vitest";
import { z } from "zod";
import { prepareMessages } from "../../src/contract/prepared-messages.ts";

test("a schema of zod is prepared once for all clients, and answers as zod does", () => {
  const messages = { post: z.object({ text: z.string("no text") }) };
  const { post } = prepareMessages(messages) as typeof messages;
  expect(prepareMessages(messages)["post"]).toBe(post);
  expect(post["~standard"].validate({ text: "a" })).toEqual({ value: { text: "a" } });
  expect(post["~standard"].validate({})).toMatchObject({ issues: [{ message: "no text", path: ["text"] }] });
});

test("a schema whose interface for other libraries is its own, as in earlier versions of zod 4, stays as it is", () => {
  const validate = () => ({ issues: [{ message: "no" }] });
  const post = { "~standard": { version: 1 as const, vendor: "zod", validate }, _zod: { run: () => ({}) } };
  expect(prepareMessages({ post })["post"]).toBe(post);
});
