import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

const locked = new Response("locked");
locked.body?.getReader();
const used = new Response("used");
await used.text();

describe("a response", () => {
  /** An app whose errors are queued, and a body that breaks after its first chunk. */
  function createReportingApp() {
    const errors = new BoundedQueue<unknown>();
    const app = createApp({ onError: (error, { phase }) => errors.push([phase, error]) });
    const chunks = ["hello"];
    const body = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          const chunk = chunks.shift();
          if (chunk === undefined) controller.error(new Error("broken"));
          else controller.enqueue(new TextEncoder().encode(chunk));
        },
      });
    return { app, errors, body };
  }

  test.each(["with", "without"])(
    "whose body breaks is reported to the app, %s a hook that has not ended",
    async (which) => {
      const { app, errors, body } = createReportingApp();
      const seen: unknown[] = [];
      const hooked = app.group(function* () {
        try {
          yield;
        } catch (error) {
          seen.push(error);
          throw error;
        }
      });
      (which === "with" ? hooked : app).http("/", () => new Response(body()));
      const response = await app.fetch(new Request("http://test/"));
      await expect(response.text()).rejects.toThrow("broken");
      expect(await errors.pull()).toEqual(["ending", new Error("broken")]);
      expect([seen.length, errors.size]).toEqual([which === "with" ? 1 : 0, 0]);
    },
  );

  test("whose body ends since its client has disconnected is no error", async () => {
    const { app, errors } = createReportingApp();
    const client = new AbortController();
    app.http(
      "/",
      ({ request: { signal } }) =>
        new Response(
          new ReadableStream({
            start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
          }),
        ),
    );
    const response = await app.fetch(new Request("http://test/", { signal: client.signal }));
    client.abort();
    await expect(response.text()).rejects.toThrow("aborted");
    expect(errors.size).toBe(0);
  });

  test("whose reader cancels is cancelled, though a chunk is still under way", async () => {
    const { app, errors } = createReportingApp();
    let more = (): void => {};
    const body = new ReadableStream({
      pull: (controller) =>
        new Promise<void>((resolve) => {
          more = () => {
            controller.enqueue(new Uint8Array([1]));
            resolve();
          };
        }),
    });
    app.http("/", () => new Response(body));
    const reader = (await app.fetch(new Request("http://test/"))).body?.getReader();
    const read = reader?.read();
    more();
    await Promise.all([reader?.cancel(), read]);
    expect(errors.size).toBe(0);
  });

  test.each<[string, () => Response]>([
    ["used before", () => used],
    ["being read", () => locked],
    ["an error", () => Response.error()],
  ])("that is %s is answered with 500, and reported", async (_, make) => {
    const { app, errors } = createReportingApp();
    app.http("/", make);
    app.ws("/", make);
    const foreign = createApp({ onError: (error, { phase }) => errors.push([phase, error]), fetch: make });
    const net = testNetwork(app);
    expect((await net.fetch("/")).status).toBe(500);
    expect((await foreign.fetch(new Request("http://test/"))).status).toBe(500);
    await expect(net.connect("/")).rejects.toMatchObject({ response: { status: 500 } });
    for (let count = 0; count < 3; count += 1)
      expect(await errors.pull()).toEqual(["handshake", expect.any(TypeError)]);
  });
});
