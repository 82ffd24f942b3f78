// What an app returns by mistake never lets a client in, and a `Response` of another library refuses as our own does.
import { contract } from "@symbolon/protocol";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import type { App } from "../../src/app/types.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { connectSession } from "../session/connect-session.ts";
import { connectRefused, connectUntilClosed, type Handler } from "../socket/raw-routes.ts";

/** A `Response` as other libraries have it: `instanceof Response` is false. */
class ForeignResponse {
  readonly [Symbol.toStringTag] = "Response";
  readonly bodyUsed = false;
  readonly statusText = "";
  readonly headers = new Headers({ "x-from": "elsewhere" });
  readonly body: AsyncIterable<Uint8Array>;
  readonly status: number;

  constructor(text: string, status: number) {
    this.status = status;
    this.body = (async function* () {
      yield new TextEncoder().encode(text);
    })();
  }
}

const foreign = (status = 401): Response => new ForeignResponse("no", status) as never;
const notes = contract("/notes", { client: { write: z.string() } });
const news = contract("/news", { server: { headline: z.string() } });

/** An app with the routes of each kind behind a hook, and the errors that it reports. */
function createGuardedApp(hook: () => unknown) {
  const onError = vi.fn();
  const app = createApp({ onError });
  const guarded = app.group(hook as () => undefined);
  guarded.ws("/raw", (socket) => socket.send("secret"));
  guarded.implement(notes, () => ({ write: () => {} }));
  guarded.http("/http", () => new Response("secret"));
  return { app, onError };
}

/** Resolves with the status by which a server refuses a WebSocket, or with "accepted". */
async function statusOf(app: App, path: string): Promise<number | "accepted"> {
  try {
    await testNetwork(app).connect(path);
    return "accepted";
  } catch (error) {
    return (error as { response: Response }).response.status;
  }
}

/** Resolves with the code by which a server closes a session that begins. */
async function sessionCode(app: App, path: string): Promise<number> {
  const socket = await connectSession(testNetwork(app), path);
  return (await socket.closed).code;
}

// P2
describe("a hook that returns", () => {
  test.each([
    ["false", false],
    ["null", null],
    ["a string", "no"],
    ["a number", 0],
    ["an array", ["no"]],
    ["an Error", new Error("no")],
    ["an instance of a class", new Date()],
    ["a function", () => "no"],
  ])("%s refuses with 500 on each route, and reports what it returned", async (_, value) => {
    for (const hook of [() => value, async () => value]) {
      const { app, onError } = createGuardedApp(hook);
      expect(await statusOf(app, "/raw")).toBe(500);
      expect(await statusOf(app, "/notes")).toBe(500);
      expect(await sessionCode(app, "/notes")).toBe(4500);
      expect((await testNetwork(app).fetch("/http")).status).toBe(500);
      expect(onError).toHaveBeenCalledTimes(4);
      for (const [error] of onError.mock.calls) {
        expect(error).toBeInstanceOf(TypeError);
        expect(error).toHaveProperty(
          "message",
          expect.stringMatching(/^a hook returned .*: return a plain object/),
        );
      }
    }
  });

  test("a Response of another library refuses with its status, headers and body", async () => {
    const { app, onError } = createGuardedApp(() => foreign());
    expect(await statusOf(app, "/raw")).toBe(401);
    expect(await statusOf(app, "/notes")).toBe(401);
    expect(await sessionCode(app, "/notes")).toBe(4401);
    const response = await testNetwork(app).fetch("/http");
    expect([response.status, response.headers.get("x-from"), await response.text()]).toEqual([
      401,
      "elsewhere",
      "no",
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test.each([
    ["an error response", 0, false],
    ["a response whose body was used", 401, true],
  ])("%s of another library refuses with 500", async (_, status, bodyUsed) => {
    const { app, onError } = createGuardedApp(() => Object.assign(foreign(status), { bodyUsed }));
    expect(await statusOf(app, "/raw")).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(TypeError), expect.anything());
  });

  test("a plain object or a record without a prototype provides its fields, and nothing provides none", async () => {
    for (const value of [{ a: 1 }, Object.assign(Object.create(null), { a: 1 }), undefined]) {
      const { app } = createGuardedApp(() => value as unknown);
      expect(await statusOf(app, "/raw")).toBe("accepted");
    }
  });
});

describe("a thrown Response of another library refuses as well", () => {
  test("before accept and after it", async () => {
    const before = await connectRefused(() => {
      throw foreign(409);
    });
    expect(before.response.status).toBe(409);
    const after = await connectUntilClosed(async (socket) => {
      await socket.accept();
      throw foreign(409);
    });
    expect(after.closed).toMatchObject({ code: 4409, reason: "no" });
  });
});

/** Each form that a setup may have; it gives `value`. */
const setups: Readonly<Record<string, (value: unknown) => () => never>> = {
  "a function": (value) => () => value as never,
  "an async function": (value) => (async () => value) as never,
  "a generator that yields": (value) =>
    function* () {
      yield value;
    } as never,
  "an async generator that yields": (value) =>
    async function* () {
      yield value;
    } as never,
  "a generator that returns": (value) =>
    // oxlint-disable-next-line require-yield -- it ends before it yields
    function* () {
      return value;
    } as never,
};

describe.each(Object.keys(setups))("a setup that is %s", (form) => {
  const create = (value: unknown) => {
    const onError = vi.fn();
    const app = createApp({ onError });
    const setup = setups[form]?.(value) ?? (() => undefined as never);
    app.implement(notes, setup);
    app.implement(news, setup);
    return { app, onError };
  };

  test.each([
    ["a Response", () => new Response("no", { status: 403 })],
    ["a Response of another library", () => foreign(403)],
  ])("refuses with %s", async (_, response) => {
    for (const path of ["/notes", "/news"]) {
      const plain = create(response());
      expect(await statusOf(plain.app, path)).toBe(403);
      const session = create(response());
      expect(await sessionCode(session.app, path)).toBe(4403);
      expect([...plain.onError.mock.calls, ...session.onError.mock.calls]).toEqual([]);
    }
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["false", false],
    ["an array", []],
    ["an Error", new Error("no")],
    ["a handler that is not a function", { write: "no" }],
    ["a handler of a message that the contract does not declare", { erase: () => {} }],
  ])("refuses with 500 when it gives %s", async (_, value) => {
    const { app, onError } = create(value);
    expect(await statusOf(app, "/notes")).toBe(500);
    expect(await sessionCode(app, "/notes")).toBe(4500);
    expect(onError).toHaveBeenCalledTimes(2);
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError), expect.anything());
  });
});

describe("a raw handler that is a generator", () => {
  const responses: [string, () => Response][] = [
    ["a Response", () => new Response("no", { status: 403 })],
    ["a Response of another library", () => foreign(403)],
  ];
  const forms: [string, (response: Response) => Handler][] = [
    [
      "returns",
      (response) =>
        // oxlint-disable-next-line require-yield -- it ends before it yields
        async function* () {
          return response;
        } as Handler,
    ],
    [
      "yields",
      (response) =>
        function* () {
          yield response;
        } as Handler,
    ],
  ];
  test.each(
    forms.flatMap(([verb, form]) => responses.map(([kind, make]) => [verb, kind, form, make] as const)),
  )("%s %s before its first value: the server refuses with it", async (_, _kind, form, make) => {
    const { response, onError } = await connectRefused(form(make()));
    expect(response.status).toBe(403);
    expect(onError).not.toHaveBeenCalled();
  });

  test("is accepted and gives a Response before its first value: the server closes with 4000 + its status", async () => {
    const { closed } = await connectUntilClosed(async function* (socket) {
      await socket.accept();
      yield new Response("no", { status: 403 });
    } as Handler);
    expect(closed).toMatchObject({ code: 4403, reason: "no" });
  });

  test("gives a Response after its first value: the server closes with 1011 and reports a TypeError", async () => {
    const { closed, onError } = await connectUntilClosed(function* () {
      yield "a";
      yield new Response("no", { status: 403 });
    } as Handler);
    expect(closed.code).toBe(1011);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      new TypeError("a handler gave a Response after its first value: it is too late to refuse"),
      expect.anything(),
    );
  });
});

describe("what onError returns", () => {
  test.each([
    ["a number", 1],
    ["a string", "no"],
    ["null", null],
    ["an object without a code", { status: 401 }],
    ["a code that is not an integer", { code: "1000" }],
    ["a reason that is not a string", { code: 4000, reason: 1 }],
  ])("as %s counts as nothing, and one line says so", async (_, answer) => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const app = createApp({ onError: () => answer as never });
    const failing = (): never => {
      throw new Error("broken");
    };
    app.ws("/before", failing);
    app.ws("/after", async (socket) => {
      await socket.accept();
      failing();
    });
    expect(await statusOf(app, "/before")).toBe(500);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("onError returned"));
    const socket = await testNetwork(app).connect("/after");
    expect((await socket.closed).code).toBe(1011);
    log.mockRestore();
  });

  test("as a Response of another library is the answer", async () => {
    const app = createApp({ onError: () => foreign(418) });
    app.ws("/", () => {
      throw new Error("broken");
    });
    expect(await statusOf(app, "/")).toBe(418);
  });
});
