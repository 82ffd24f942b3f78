import { BoundedQueue } from "@symbolon/protocol/internal";
import { describe, expect, test } from "vitest";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";

const locked = new Response("locked");
locked.body?.getReader();
const used = new Response("used");
await used.text();

describe("a response", () => {
  /** An app that is told of what goes wrong, and a body that breaks after its first word. */
  function told() {
    const errors = new BoundedQueue<unknown>();
    const app = createApp({ onError: (error, { phase }) => errors.push([phase, error]) });
    const words = ["hello"];
    const body = (): ReadableStream<Uint8Array> =>
      new ReadableStream({
        pull: (controller) => {
          const word = words.shift();
          if (word === undefined) controller.error(new Error("broken"));
          else controller.enqueue(new TextEncoder().encode(word));
        },
      });
    return { app, errors, body };
  }

  test.each(["with", "without"])(
    "whose body breaks is told to the app, %s a hook that waits",
    async (which) => {
      const { app, errors, body } = told();
      const seen: unknown[] = [];
      const hooked = app.use(function* () {
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

  test("whose body ends with its client is no error", async () => {
    const { app, errors } = told();
    const leaving = new AbortController();
    app.http(
      "/",
      ({ request: { signal } }) =>
        new Response(
          new ReadableStream({
            start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
          }),
        ),
    );
    const response = await app.fetch(new Request("http://test/", { signal: leaving.signal }));
    leaving.abort();
    await expect(response.text()).rejects.toThrow("aborted");
    expect(errors.size).toBe(0);
  });

  test("that nobody reads to its end is given up, though its body is late", async () => {
    const { app, errors } = told();
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
  ])("that is %s is answered with 500, and told", async (_, make) => {
    const { app, errors } = told();
    app.http("/", make);
    app.ws("/", make);
    const foreign = createApp({ onError: (error, { phase }) => errors.push([phase, error]), fetch: make });
    const net = testNetwork(app);
    expect((await net.fetch("/")).status).toBe(500);
    expect((await foreign.fetch(new Request("http://test/"))).status).toBe(500);
    await expect(net.connect("/")).rejects.toMatchObject({ response: { status: 500 } });
    for (let told = 0; told < 3; told += 1)
      expect(await errors.pull()).toEqual(["handshake", expect.any(TypeError)]);
  });
});
