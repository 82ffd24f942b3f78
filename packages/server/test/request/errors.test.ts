import { CloseError, contract, json, ProtocolError, ValidationError } from "@symbolon/protocol";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createApp } from "../../src/app/app.ts";
import {
  closeFromResponse,
  type ErrorAnswer,
  type OnError,
  sendableClose,
} from "../../src/request/errors.ts";
import { testNetwork } from "../../src/testing/index.ts";
import { postFrame, startChatServer } from "../contract/chat-server.ts";
import { openSession, receiveFrame, connectSession } from "../session/connect-session.ts";

afterEach(() => void vi.restoreAllMocks());

class OutOfTickets extends Error {}
class OutOfFrontTickets extends OutOfTickets {}

/** Answers by class: the most special first, `Error` for the rest. */
const byClass: OnError = (error, { phase }) => {
  if (error instanceof OutOfTickets) return { code: 1002, reason: "foo" };
  if (phase === "handshake") return new Response("sorry", { status: 418, headers: { "x-sorry": "1" } });
  return new CloseError(4500, "sorry");
};

/** A network to an app whose one raw route throws, before or after it accepts. */
function serveThrowing(thrown: unknown, { accepts, onError }: { accepts: boolean; onError?: OnError }) {
  const app = createApp({ onError: onError ?? (() => {}) });
  app.ws("/", async (socket) => {
    if (accepts) await socket.accept();
    throw thrown;
  });
  return testNetwork(app);
}

async function refusal(thrown: unknown, onError?: OnError): Promise<Response> {
  const net = serveThrowing(thrown, { accepts: false, ...(onError && { onError }) });
  const error: unknown = await net.connect("/").catch((error: unknown) => error);
  return (error as { readonly response: Response }).response;
}

async function close(thrown: unknown, onError?: OnError): Promise<[code: number, reason: string]> {
  const net = serveThrowing(thrown, { accepts: true, ...(onError && { onError }) });
  const { code, reason } = await (await net.connect("/")).closed;
  return [code, reason];
}

describe("before accept", () => {
  // seeds 91
  test("the app answers an error with a close: a 403 that names it, for subclasses too", async () => {
    for (const error of [new OutOfTickets(), new OutOfFrontTickets()]) {
      const response = await refusal(error, byClass);
      expect([response.status, await response.json()]).toEqual([403, { code: 1002, reason: "foo" }]);
    }
  });

  test("the app answers an error with a response", async () => {
    const response = await refusal(new Error("secret"), byClass);
    expect([response.status, response.headers.get("x-sorry"), await response.text()]).toEqual([
      418,
      "1",
      "sorry",
    ]);
  });

  test("an answer may be a promise", async () => {
    expect((await refusal(new Error("secret"), async () => new Response(null, { status: 418 }))).status).toBe(
      418,
    );
  });

  test.each<[string, unknown]>([
    ["a string", "broken"],
    ["undefined", undefined],
    ["an object", { status: 200 }],
  ])("a handler may throw %s", async (_, thrown) => {
    const onError = vi.fn();
    expect((await refusal(thrown, onError)).status).toBe(500);
    expect(onError).toHaveBeenCalledExactlyOnceWith(thrown, {
      request: expect.any(Request),
      phase: "handshake",
    });
  });

  // seeds 61
  test("a thrown response is the answer with its headers, and no error", async () => {
    const onError = vi.fn();
    const thrown = Response.json(
      { detail: "Unauthorized" },
      { status: 401, headers: { "www-authenticate": "Basic" } },
    );
    const response = await refusal(thrown, onError);
    expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Basic"]);
    expect(await response.json()).toEqual({ detail: "Unauthorized" });
    expect(onError).not.toHaveBeenCalled();
  });

  test("an error after close() is reported, and the close is the answer", async () => {
    const onError = vi.fn(() => new Response("no", { status: 418 }));
    const app = createApp({ onError });
    app.ws("/", (socket) => {
      socket.close(4001, "bye");
      throw new Error("broken");
    });
    await expect(testNetwork(app).connect("/")).rejects.toMatchObject({ response: { status: 403 } });
    expect(onError).toHaveBeenCalledTimes(1);
  });
});

describe("after accept", () => {
  // seeds 91
  test("the app answers an error with a close", async () => {
    expect(await close(new OutOfTickets(), byClass)).toEqual([1002, "foo"]);
    expect(await close(new Error("secret"), byClass)).toEqual([4500, "sorry"]);
  });

  test("a response as the answer closes with 4000 + its status and its text", async () => {
    expect(await close(new Error("secret"), () => new Response("sorry", { status: 418 }))).toEqual([
      4418,
      "sorry",
    ]);
  });

  // seeds 62
  test("a thrown response ends with an error close, not silently", async () => {
    const onError = vi.fn();
    expect(await close(new Response("Unauthorized", { status: 401 }), onError)).toEqual([
      4401,
      "Unauthorized",
    ]);
    expect(onError).not.toHaveBeenCalled();
  });

  test("undefined as the answer is the default: 1011, 1003 for a ValidationError, the code of a ProtocolError", async () => {
    const onError = vi.fn();
    expect(await close(new Error("secret"), onError)).toEqual([1011, ""]);
    expect(await close(new ValidationError([]), onError)).toEqual([1003, "unsupported data"]);
    expect(await close(new ProtocolError("not that", 1002), onError)).toEqual([1002, "unexpected message"]);
    for (const error of [new Error("secret"), new ValidationError([]), new ProtocolError("not that", 1002)])
      expect(onError).toHaveBeenCalledWith(error, { request: expect.any(Request), phase: "open" });
  });

  // S27
  test.each([1005, 1006, 999, 70_000, Number.NaN])(
    "a code that may not be sent, %d, becomes 1011",
    async (code) => {
      expect(await close(new Error("secret"), () => ({ code }))).toEqual([1011, ""]);
      expect(await close(new CloseError(code))).toEqual([1011, ""]);
    },
  );
});

test.each<[string, () => ErrorAnswer | Promise<ErrorAnswer>]>([
  [
    "throws",
    () => {
      throw new Error("broken onError");
    },
  ],
  ["rejects", () => Promise.reject(new Error("broken onError"))],
])("an onError that %s leaves the default answer, and both errors are logged", async (_, onError) => {
  const console = vi.spyOn(globalThis.console, "error").mockImplementation(() => {});
  const broken = new Error("broken handler");
  expect(await close(broken, onError)).toEqual([1011, ""]);
  expect((await refusal(broken, onError)).status).toBe(500);
  const logged = [expect.any(String), new Error("broken onError"), expect.any(String), broken];
  expect(console.mock.calls).toEqual([logged, logged]);
});

test("onError is called with the errors of a hook, a schema, a handler and a mounted app", async () => {
  const reported: unknown[] = [];
  const throwing = (message: string) => () => {
    throw new Error(message);
  };
  const inner = createApp();
  inner.http("/", throwing("mounted"));
  const app = createApp({
    onError: (error) => {
      reported.push((error as Error).message);
      return new Response("sorry", { status: 418 });
    },
  });
  app.mount("/mounted", inner);
  app.group(throwing("hook")).http("/hook", () => new Response());
  app.http("/handler", throwing("handler"));
  app.ws("/schema", { query: z.object({}).transform(throwing("schema")) }, () => {});
  const net = testNetwork(app);
  for (const path of ["/mounted", "/hook", "/handler"]) expect((await net.fetch(path)).status).toBe(418);
  await expect(net.connect("/schema")).rejects.toMatchObject({ response: { status: 418 } });
  expect(reported).toEqual(["mounted", "hook", "handler", "schema"]);
});

describe("an event of a contract whose handler throws", () => {
  const broken = () => {
    throw new OutOfTickets("secret");
  };

  test("closes when the app answers with a close, after the sender got its error", async () => {
    const { net } = startChatServer(broken, { onError: byClass });
    const socket = await openSession(net, "/chat/a");
    socket.send(JSON.stringify(postFrame("hello")));
    expect(await receiveFrame(socket)).toMatchObject({ t: "error", re: 1, code: "INTERNAL" });
    expect(await socket.closed).toMatchObject({ code: 1002, reason: "foo" });
  });

  test("closes with 4000 + the status when the app answers with a response", async () => {
    const { net } = startChatServer(broken, { onError: () => new Response("sorry", { status: 418 }) });
    const socket = await openSession(net, "/chat/a");
    socket.send(JSON.stringify(postFrame("hello")));
    expect(await socket.closed).toMatchObject({ code: 4418, reason: "sorry" });
  });
});

test("a setup that throws is answered by the app, in both modes", async () => {
  const app = createApp({ onError: byClass });
  app.implement(contract("/", {}), () => {
    throw new OutOfTickets();
  });
  const net = testNetwork(app);
  await expect(net.connect("/")).rejects.toMatchObject({ response: { status: 403 } });
  expect(await (await connectSession(net, "/")).closed).toMatchObject({ code: 1002, reason: "foo" });
});

test("a fallback that fails is answered by the app", async () => {
  const app = createApp({ onError: byClass, fetch: () => Promise.reject(new Error("down")) });
  expect((await testNetwork(app).fetch("/")).status).toBe(418);
});

test("an uncaught message that the route's codec rejects closes with 1003", async () => {
  const app = createApp({ onError: () => {} });
  app.ws(
    "/",
    { receive: json(z.object({ n: z.number() })) },
    async (socket) => void (await socket.receive()),
  );
  const socket = await testNetwork(app).connect("/");
  socket.send("{bad");
  expect(await socket.closed).toMatchObject({ code: 1003 });
});

test("a response becomes a close with its text as the reason, or without a reason when its body broke", async () => {
  const issues = { status: 400, headers: { "content-type": "application/problem+json" } };
  expect(await closeFromResponse(new Response('{"detail":"no name"}', issues))).toEqual({
    code: 4400,
    reason: "no name",
  });
  expect(await closeFromResponse(new Response("{", issues))).toEqual({ code: 4400, reason: "" });
  expect(await closeFromResponse(new Response("moved", { status: 302 }))).toEqual({
    code: 4403,
    reason: "moved",
  });
  const read = new Response("once", { status: 503 });
  await read.text();
  expect(await closeFromResponse(read)).toEqual({ code: 4503, reason: "" });
});

// S27
test("a reason is cut to 123 bytes", () => {
  expect(sendableClose({ code: 4000, reason: "é".repeat(100) })).toEqual({
    code: 4000,
    reason: "é".repeat(61),
  });
});
