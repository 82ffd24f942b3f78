import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { mergeHeaders, observeBody } from "../../src/request/response.ts";
import { createApp } from "../../src/app/app.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { openSession } from "../session/connect-session.ts";
import { gate } from "../gate.ts";

describe("headers that hooks add", () => {
  function serveWithHeaders() {
    const app = createApp();
    const view = app.group(({ responseHeaders }) => {
      responseHeaders.set("x-test", "hook");
      responseHeaders.append("set-cookie", "a=1");
    });
    view.ws("/plain", (socket) => socket.accept());
    view.ws("/own", (socket) =>
      socket.accept({
        headers: [
          ["x-test", "own"],
          ["set-cookie", "b=2"],
          ["x-more", "1"],
        ],
      }),
    );
    view.ws("/no", () => new Response("no", { status: 403, headers: { "x-test": "own" } }));
    view.group(() => new Response("no", { status: 401 })).ws("/hook", () => {});
    view.http("/page", () => new Response("page", { headers: { "set-cookie": "b=2" } }));
    view.http("/moved", () => Response.redirect("http://test/page", 302));
    view.http("/broken", () => {
      throw new Response(null, { status: 418 });
    });
    view.implement(contract("/chat", {}), () => ({}));
    app.ws("/bare", (socket) => socket.accept());
    return testNetwork(app);
  }

  // seeds 132
  test("are on the 101", async () => {
    const net = serveWithHeaders();
    for (const path of ["/plain", "/chat"]) {
      const { headers } = await net.connect(path);
      expect([headers.get("x-test"), headers.getSetCookie()]).toEqual(["hook", ["a=1"]]);
    }
  });

  test("are replaced by the handler's own of the same name, but cookies are all set", async () => {
    const { headers } = await serveWithHeaders().connect("/own");
    expect([...headers]).toEqual([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-more", "1"],
      ["x-test", "own"],
    ]);
  });

  test("are on refusals, of the handler and of later hooks", async () => {
    const net = serveWithHeaders();
    const refused = async (path: string) => {
      const { response } = (await net.connect(path).catch((error: unknown) => error)) as {
        response: Response;
      };
      return [
        response.status,
        response.headers.get("x-test"),
        response.headers.getSetCookie(),
        await response.text(),
      ];
    };
    expect(await refused("/no")).toEqual([403, "own", ["a=1"], "no"]);
    expect(await refused("/hook")).toEqual([401, "hook", ["a=1"], "no"]);
  });

  test("are on HTTP responses, thrown and immutable ones too", async () => {
    const net = serveWithHeaders();
    const page = await net.fetch("/page");
    expect([page.headers.get("x-test"), page.headers.getSetCookie()]).toEqual(["hook", ["a=1", "b=2"]]);
    const moved = await net.fetch("/moved");
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "http://test/page"]);
    expect(moved.headers.get("x-test")).toBe("hook");
    const broken = await net.fetch("/broken");
    expect([broken.status, broken.headers.get("x-test")]).toEqual([418, "hook"]);
  });

  // seeds 46
  test("are absent where no hook adds one, and on the 101 of a session, which is written before hooks run", async () => {
    const net = serveWithHeaders();
    expect([...(await net.connect("/bare")).headers]).toEqual([]);
    await using session = await openSession(net, "/chat");
    expect([...session.headers]).toEqual([]);
  });
});

test("merging headers changes neither of the two", () => {
  const added = new Headers({ a: "1", b: "1" });
  const own = new Headers({ b: "2" });
  expect([...mergeHeaders(added, own)]).toEqual([
    ["a", "1"],
    ["b", "2"],
  ]);
  expect([[...added], [...own]]).toEqual([
    [
      ["a", "1"],
      ["b", "1"],
    ],
    [["b", "2"]],
  ]);
});

describe("an observed body", () => {
  function observe(source: UnderlyingDefaultSource<Uint8Array>) {
    const sent = vi.fn(() => Promise.resolve());
    return { body: observeBody(new ReadableStream(source), sent), sent };
  }
  const some = (controller: ReadableStreamDefaultController<Uint8Array>) =>
    controller.enqueue(new Uint8Array([1]));

  test("calls back when it was read to its end, and not before", async () => {
    const { body, sent } = observe({ start: (controller) => (some(controller), controller.close()) });
    const reader = body.getReader();
    expect(await reader.read()).toEqual({ done: false, value: new Uint8Array([1]) });
    expect(sent).not.toHaveBeenCalled();
    expect((await reader.read()).done).toBe(true);
    expect(sent).toHaveBeenCalledExactlyOnceWith();
  });

  test("calls back with the error when it breaks, and its reader gets the error too", async () => {
    const broken = new Error("broken");
    const { body, sent } = observe({ pull: (controller) => controller.error(broken) });
    await expect(new Response(body).text()).rejects.toBe(broken);
    expect(sent).toHaveBeenCalledExactlyOnceWith(broken);
  });

  test("calls back when its reader cancels, after its source has stopped, even if the source fails to", async () => {
    const log: string[] = [];
    const { body, sent } = observe({
      pull: some,
      cancel: () => {
        log.push("stopped");
        throw new Error("cannot stop");
      },
    });
    sent.mockImplementation(async () => void log.push("sent"));
    await body.cancel();
    expect(log).toEqual(["stopped", "sent"]);
  });
});

describe("the ends of hooks", () => {
  /** An app and a view of it whose hook provides `open()`: true until the hook has ended. `ended` waits for `times` ends. */
  function createHoldingApp(times = 1) {
    const log: string[] = [];
    const ended = gate();
    const app = createApp({ onError: () => {} });
    const view = app.group(async function* () {
      let open = true;
      try {
        yield { open: () => open };
        log.push("ended");
      } catch (error) {
        log.push(`ended by ${error instanceof Response ? error.status : (error as Error).message}`);
        throw error;
      } finally {
        open = false;
        if (log.length === times) ended.open();
      }
    });
    return { app, view, log, ended: ended.passed };
  }

  /** A body of two chunks; each chunk is the result of `open()`. */
  function chunks(open: () => boolean): ReadableStream<Uint8Array> {
    let chunks = 2;
    return new ReadableStream(
      {
        pull: (controller) => {
          if (chunks === 0) return controller.close();
          chunks -= 1;
          controller.enqueue(new TextEncoder().encode(`${open()};`));
        },
      },
      { highWaterMark: 0 },
    );
  }

  // seeds 66
  test("run after the body of a refusal, which can still use what a hook provides", async () => {
    const { view, log, ended } = createHoldingApp();
    view.ws("/", (_socket, { open }) => new Response(chunks(open), { status: 403 }));
    const error: unknown = await testNetwork(view)
      .connect("/")
      .catch((error: unknown) => error);
    await ended;
    expect(await (error as { response: Response }).response.text()).toBe("true;true;");
    expect(log).toEqual(["ended"]);
  });

  test.each([
    [
      "a hook's",
      (view: ReturnType<typeof createHoldingApp>["view"]) =>
        view.group(({ open }) => new Response(chunks(open), { status: 403 })).http("/", () => new Response()),
    ],
    [
      "an HTTP response's",
      (view: ReturnType<typeof createHoldingApp>["view"]) =>
        view.http("/", ({ open }) => new Response(chunks(open), { status: 403 })),
    ],
  ])("run after the body of %s response, not before it is read", async (_, declare) => {
    const { view, log, ended } = createHoldingApp();
    declare(view);
    const response = await view.fetch(new Request("http://test/"));
    expect(log).toEqual([]);
    expect(await response.text()).toBe("true;true;");
    await ended;
    expect(log).toEqual(["ended"]);
  });

  test("run when the client cancels the body", async () => {
    const { view, log, ended } = createHoldingApp();
    view.http("/", ({ open }) => new Response(chunks(open)));
    const response = await view.fetch(new Request("http://test/"));
    await response.body?.cancel();
    await ended;
    expect(log).toEqual(["ended"]);
  });

  test("run at once without a body, or with one that was read before", async () => {
    const { view, log, ended } = createHoldingApp(2);
    const read = new Response("once");
    await read.text();
    view.http("/none", () => new Response(null, { status: 204 }));
    view.http("/read", () => read);
    for (const path of ["/none", "/read"]) await view.fetch(new Request(`http://test${path}`));
    await ended;
    expect(log).toEqual(["ended", "ended"]);
  });

  // seeds 172
  test("run after a stream that a socket sends, which can still use what a hook provides", async () => {
    const { view, log, ended } = createHoldingApp();
    view.ws("/", async function* (_socket, { open }) {
      yield open();
      await Promise.resolve();
      yield open();
    });
    const socket = await testNetwork(view).connect("/");
    expect([await socket.receive(), await socket.receive()]).toEqual(["true", "true"]);
    await ended;
    expect(log).toEqual(["ended"]);
  });

  test("receive the handler's error, before accept, after it, and over HTTP", async () => {
    const { view, log, ended } = createHoldingApp(4);
    view.ws("/before", () => {
      throw new Response("no", { status: 418 });
    });
    view.ws("/after", async (socket) => {
      await socket.accept();
      throw new Error("broken");
    });
    view.http("/page", () => {
      throw new Error("broken page");
    });
    view.implement(contract("/chat", {}), () => {
      throw new Error("broken setup");
    });
    const net = testNetwork(view);
    await net.connect("/before").catch(() => {});
    await (
      await net.connect("/after")
    ).closed;
    await (await net.fetch("/page")).text();
    await net.connect("/chat").catch(() => {});
    await ended;
    expect(log).toEqual(["ended by 418", "ended by broken", "ended by broken page", "ended by broken setup"]);
  });

  // seeds 129
  test("that fail are reported, and the client does not notice", async () => {
    const reported = gate();
    const onError = vi.fn(() => void (onError.mock.calls.length === 2 && reported.open()));
    const app = createApp({ onError });
    const view = app.group(function* () {
      yield;
      throw new Error("broken end");
    });
    view.ws("/", (socket) => socket.send("hello"));
    view.http("/", () => new Response("page"));
    const net = testNetwork(app);
    const socket = await net.connect("/");
    expect([await socket.receive(), await socket.closed]).toMatchObject(["hello", { code: 1000 }]);
    expect(await (await net.fetch("/")).text()).toBe("page");
    await reported.passed;
    expect(onError).toHaveBeenCalledWith(new Error("broken end"), {
      request: expect.any(Request),
      phase: "ending",
    });
  });
});
