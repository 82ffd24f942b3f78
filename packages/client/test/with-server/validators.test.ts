import { contract, isDeclared } from "@symbolon/protocol";
import { createApp, RequestError, ValidationError } from "@symbolon/server";
import { testNetwork } from "@symbolon/server/testing";
import { afterEach, describe, expect, test } from "vitest";
import { validators } from "../../../protocol/test/contract/validators.ts";
import { connect } from "../../src/index.ts";
import { undo, undoAll } from "../connection/servers.ts";

afterEach(undoAll);

// The messages of all libraries have the same types, so the suite uses the types of one of them.
const libraries = Object.entries(validators) as [string, (typeof validators)["zod"]][];

describe.each(libraries)("%s", (_library, messages) => {
  /** Connects a client to a server, and records the values that the server receives. */
  function connectClient() {
    const received: unknown[] = [];
    const app = createApp({ onError: () => {} });
    const chat = contract("/", { client: messages, server: { posted: messages.post } });
    app.implement(chat, (peer) => ({
      post: (message) => {
        received.push(message);
        peer.send("posted", { text: message.text });
      },
      order: ({ id }) => {
        received.push(id);
        if (id === 404) throw new RequestError("GONE", "gone", { since: "1999" });
        return "x".repeat(id);
      },
      lines: async function* (_, { upload }) {
        for await (const n of upload) {
          received.push(n);
          yield String(n + 1);
        }
      },
    }));
    const client = connect(chat, { url: "ws://test", WebSocket: testNetwork(app).WebSocket });
    undo.push(() => client.close());
    return { client, received };
  }

  test("the receiver fills in a default", async () => {
    const { client, received } = connectClient();
    const posted = new Promise((resolve) => client.on("posted", resolve));
    client.send("post", { text: "a" });
    expect(await posted).toEqual({ text: "a", times: 1 });
    expect(received).toEqual([{ text: "a", times: 1 }]);
  });

  test("a caller writes the Input of a request and reads the Output of its reply", async () => {
    const { client, received } = connectClient();
    expect(await client.request("order", { id: "3" })).toBe(3);
    expect(received).toEqual([3]);
  });

  test("`isDeclared` recognizes a declared error, and its data is the Output of its schema", async () => {
    const { client } = connectClient();
    const error: unknown = await client.request("order", { id: "404" }).catch((reason: unknown) => reason);
    expect(isDeclared(messages.order, error) && error.data.since).toBe(1999);
  });

  test("the items of a stream are the Output of their schema, in both directions", async () => {
    const { client, received } = connectClient();
    const items: number[] = [];
    for await (const item of client.stream("lines", "", { upload: ["1", "2"] })) items.push(item);
    expect([received, items]).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  test("an invalid value is reported with the path and the message of its issue", async () => {
    const { client } = connectClient();
    const failed = new Promise((resolve) => client.onFailed(resolve));
    client.send("post", { text: 1 as never });
    const issues = [{ path: ["text"], message: expect.stringMatching(/string/i) }];
    expect(await failed).toMatchObject({ name: "post", error: { code: "INVALID", issues } });
    const invalid: unknown = await client.request("order", {} as never).catch((reason: unknown) => reason);
    expect(invalid).toBeInstanceOf(ValidationError);
    expect(invalid).toMatchObject({ issues: [{ path: ["id"] }] });
    const lines = client.stream("lines", "", { upload: [3 as never] });
    await expect(lines.next()).rejects.toBeInstanceOf(ValidationError);
  });
});
