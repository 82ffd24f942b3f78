import { contract, isDeclared } from "@symbolon/protocol";
import { createApp, RequestError, ValidationError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, describe, expect, test } from "vitest";
import { validators } from "../../../protocol/test/contract/validators.ts";
import { connect } from "../../src/index.ts";
import { undo, undoAll } from "../connection/servers.ts";

afterEach(undoAll);

// The libraries' messages have the same types, so the suite is written for those of one of them.
const libraries = Object.entries(validators) as [string, (typeof validators)["zod"]][];

describe.each(libraries)("%s", (_library, messages) => {
  /** A client and a server of the same messages, and what the server heard. */
  function speaking() {
    const heard: unknown[] = [];
    const app = createApp({ onError: () => {} });
    const spoken = contract("/", { client: messages, server: { said: messages.say } });
    app.implement(spoken, (peer) => ({
      say: (said) => {
        heard.push(said);
        peer.send("said", { text: said.text });
      },
      order: ({ id }) => {
        heard.push(id);
        if (id === 404) throw new RequestError("GONE", "gone", { since: "1999" });
        return "x".repeat(id);
      },
      lines: async function* (_, { upload }) {
        for await (const n of upload) {
          heard.push(n);
          yield String(n + 1);
        }
      },
    }));
    const client = connect(spoken, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    undo.push(() => client.close());
    return { client, heard };
  }

  test("a default is filled in by the half that receives", async () => {
    const { client, heard } = speaking();
    const said = new Promise((resolve) => client.on("said", resolve));
    client.send("say", { text: "a" });
    expect(await said).toEqual({ text: "a", times: 1 });
    expect(heard).toEqual([{ text: "a", times: 1 }]);
  });

  test("a request is written as Input and read as Output, there and back", async () => {
    const { client, heard } = speaking();
    expect(await client.request("order", { id: "3" })).toBe(3);
    expect(heard).toEqual([3]);
  });

  test("a declared error is one, and its data is read as Output", async () => {
    const { client } = speaking();
    const error: unknown = await client.request("order", { id: "404" }).catch((reason: unknown) => reason);
    expect(isDeclared(messages.order, error) && error.data.since).toBe(1999);
  });

  test("a stream's items are read as Output, in both directions", async () => {
    const { client, heard } = speaking();
    const items: number[] = [];
    for await (const item of client.stream("lines", "", { upload: ["1", "2"] })) items.push(item);
    expect([heard, items]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test("what is refused is told with the place and the reason", async () => {
    const { client } = speaking();
    const failed = new Promise((resolve) => client.onFailed(resolve));
    client.send("say", { text: 1 as never });
    const issues = [{ path: ["text"], message: expect.stringMatching(/string/i) }];
    expect(await failed).toMatchObject({ name: "say", error: { code: "INVALID", issues } });
    const refused: unknown = await client.request("order", {} as never).catch((reason: unknown) => reason);
    expect(refused).toBeInstanceOf(ValidationError);
    expect(refused).toMatchObject({ issues: [{ path: ["id"] }] });
    const lines = client.stream("lines", "", { upload: [3 as never] });
    await expect(lines.next()).rejects.toBeInstanceOf(ValidationError);
  });
});
