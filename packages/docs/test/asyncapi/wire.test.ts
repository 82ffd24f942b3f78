/** Compares documents with what a client without a session sends and receives. */
import { contract, request, RequestError, stream } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { z } from "zod";
import { asyncapi, type JsonObject } from "../../src/index.ts";

const numbers = contract("/numbers", {
  client: {
    add: z.object({ n: z.number() }),
    sum: request({
      input: z.array(z.number()),
      output: z.number(),
      errors: { EMPTY: z.object({ least: z.number() }) },
    }),
    count: stream({ input: z.null(), output: z.number() }),
    double: stream({ input: z.null(), output: z.number(), upload: z.number() }),
  },
  server: {
    added: z.string().transform(Number),
    confirm: request({ input: z.string(), output: z.boolean() }),
  },
});

const app = createApp();
app.implement(numbers, (peer) => ({
  add: ({ n }) => void peer.send("added", String(n)),
  async sum(list) {
    if (list.length === 0) throw new RequestError("EMPTY", "nothing to add", { least: 1 });
    if (!(await peer.request("confirm", "really?"))) throw new RequestError("UNSURE", "not confirmed");
    return list.reduce((sum, n) => sum + n, 0);
  },
  *count() {
    yield 1;
  },
  async *double(_, { upload }) {
    for await (const n of upload) yield 2 * n;
  },
}));

const ajv = new Ajv({ strict: false });
const { channels } = asyncapi(app, { title: "Numbers", version: "1.0.0" });
const validators = Object.entries(Object(channels["numbers"]).messages as JsonObject).map(
  ([key, message]) => [key, ajv.compile(Object(message).payload as object)] as const,
);

/** The messages of the document that a frame is; an error that is declared is one of all errors too. */
function messagesOf(frame: string): readonly string[] {
  const matching = validators.filter(([, isValid]) => isValid(JSON.parse(frame))).map(([key]) => key);
  return matching.filter((key, _, { length }) => length === 1 || key !== "frame.error");
}

/** Sends frames, and collects for each frame that was sent or received which messages of the document it is. */
async function talk(...script: readonly (string | number)[]): Promise<readonly string[]> {
  await using socket = await testNetwork(app).connect("/numbers");
  const seen: string[] = [];
  for (const step of script) {
    if (typeof step === "string") socket.send(step);
    const frames = typeof step === "string" ? [step] : [];
    for (let received = 0; received < Number(step); received++) frames.push(String(await socket.receive()));
    for (const frame of frames) seen.push(messagesOf(frame).join(" or "));
  }
  return seen;
}

test("events are the messages of the document, and so is their failure", async () => {
  expect(
    await talk('{"t":"event","name":"add","data":{"n":2}}', 1, '{"t":"event","name":"add","data":{},"q":1}'),
  ).toEqual(["client.add", "server.added", ""]);
  expect(await talk('{"t":"event","name":"add","data":{},"q":1}', 1)).toEqual(["", "frame.error"]);
});

test("requests of both sides are", async () => {
  const sum = '{"t":"request","q":1,"name":"sum","data":[1,2],"deadline":5000}';
  expect(await talk(sum, 1, '{"t":"reply","re":1,"data":true}', 1)).toEqual([
    "client.sum",
    "server.confirm",
    expect.stringContaining("server.confirm.reply"),
    expect.stringContaining("client.sum.reply"),
  ]);
  expect(await talk(sum, 1, '{"t":"reply","re":1,"data":false}', 1)).toEqual([
    "client.sum",
    "server.confirm",
    "server.confirm.reply",
    "frame.error",
  ]);
});

test("declared errors are", async () => {
  expect(await talk('{"t":"request","q":1,"name":"sum","data":[]}', 1)).toEqual([
    "client.sum",
    "client.sum.error.EMPTY",
  ]);
});

test("streams are, with what is uploaded to them", async () => {
  const credit = '{"t":"credit","q":1,"n":24,"b":262200}';
  expect(
    await talk('{"t":"stream","q":1,"name":"count","data":null}', 2, credit, '{"t":"cancel","q":1}'),
  ).toEqual([
    "client.count",
    "client.count.item or client.double.item",
    "frame.end",
    "frame.credit",
    "frame.cancel",
  ]);
  const upload = '{"t":"next","q":2,"data":4}';
  expect(
    await talk('{"t":"stream","q":2,"name":"double","data":null}', upload, 1, '{"t":"end","q":2}', 1),
  ).toEqual([
    "client.double",
    "client.double.upload",
    "client.count.item or client.double.item",
    "frame.end",
    "frame.end",
  ]);
});
