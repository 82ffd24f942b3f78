import { CloseCode, CloseError } from "@symbolon/protocol";
import { joinedWires, type Wire } from "@symbolon/protocol/internal";
import { describe, expect, test, vi } from "vitest";
import { type Accept, Acceptance, type AcceptInit } from "../../src/request/acceptance.ts";
import { Exchange } from "../../src/request/exchange.ts";
import { parseRequest } from "../../src/request/parsed-request.ts";

/** How a wire ends at the client. */
function closedAtClient(client: Wire): Promise<{ readonly code: number; readonly reason: string }> {
  return new Promise((closed) => client.listen({ message: () => {}, closed }));
}

/** An undecided handshake. `upgrade` lets the transport write the 101; `wire` is the wire of a session. */
function createAcceptance({ opened = false }: { readonly opened?: boolean } = {}) {
  const client = new AbortController();
  const [near, far] = joinedWires();
  const headers = { "sec-websocket-protocol": "chat" };
  const exchange = new Exchange(
    parseRequest(new Request("http://test/path", { headers, signal: client.signal })),
    { params: {}, route: "/path", schemas: {}, hooks: [], onError: () => {} },
  );
  let upgrade: (wire: Wire) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const transport = vi.fn<Accept>(
    (_init: AcceptInit) =>
      new Promise((resolve, reject) => {
        upgrade = resolve;
        fail = reject;
      }),
  );
  const acceptance = new Acceptance(exchange, transport, opened ? far : undefined);
  return {
    acceptance,
    exchange,
    transport,
    disconnect: () => client.abort(),
    upgrade: () => upgrade(far),
    fail: (error: unknown) => fail(error),
    closed: closedAtClient(near),
    wire: far,
  };
}

const revoked = new CloseError(CloseCode.Forbidden, "revoked");

test("a handshake is accepted once, with the headers of hooks and its own", async () => {
  const { acceptance, exchange, transport, upgrade, wire } = createAcceptance();
  exchange.context.responseHeaders.set("x-hook", "1");
  const onAccept = vi.fn<() => void>();
  acceptance.onAccept(onAccept);
  const accepted = acceptance.accept({ subprotocol: "chat", headers: { "x-own": "2" } });
  expect(acceptance.isAccepted).toBe(true);
  await expect(acceptance.accept()).rejects.toThrow(new TypeError("the handshake is accepted already"));
  expect(onAccept).not.toHaveBeenCalled();
  upgrade();
  expect(await accepted).toBe(wire);
  expect(onAccept).toHaveBeenCalledTimes(1);
  const [[init] = []] = transport.mock.calls;
  expect(init?.subprotocol).toBe("chat");
  expect([...new Headers(init?.headers)]).toEqual([
    ["x-hook", "1"],
    ["x-own", "2"],
  ]);
  await expect(acceptance.accept()).rejects.toThrow(new TypeError("the handshake is accepted already"));
  expect(transport).toHaveBeenCalledTimes(1);
});

test.each<[string, AcceptInit]>([
  ["a subprotocol that was not offered", { subprotocol: "mqtt" }],
  ["a header of the handshake itself", { headers: { upgrade: "h2c" } }],
  ["a header beyond ASCII", { headers: { "x-city": "Orléans" } }],
])("%s rejects before the transport is asked, and the handshake stays undecided", async (_, init) => {
  const { acceptance, transport, upgrade, wire } = createAcceptance();
  await expect(acceptance.accept(init)).rejects.toThrow(TypeError);
  expect([acceptance.isAccepted, transport.mock.calls.length]).toEqual([false, 0]);
  const accepted = acceptance.accept();
  upgrade();
  expect(await accepted).toBe(wire);
});

test("a transport that fails leaves the handshake undecided", async () => {
  const { acceptance, fail, upgrade, wire } = createAcceptance();
  const failing = acceptance.accept();
  fail(new Error("reset"));
  await expect(failing).rejects.toThrow("reset");
  expect(acceptance.isAccepted).toBe(false);
  const accepted = acceptance.accept();
  upgrade();
  expect(await accepted).toBe(wire);
});

test("the handshake of a client that has disconnected cannot be accepted", async () => {
  const { acceptance, transport, disconnect } = createAcceptance();
  disconnect();
  await expect(acceptance.accept()).rejects.toMatchObject({ name: "CloseError", code: 1006 });
  expect(transport).not.toHaveBeenCalled();
});

describe("the deadline", () => {
  test("withdraws an undecided handshake", async () => {
    const { acceptance } = createAcceptance();
    expect(acceptance.expire()).toBe(true);
    await expect(acceptance.accept()).rejects.toMatchObject({ name: "CloseError", code: 1006 });
  });

  test("does not withdraw a handshake that is accepted, or whose 101 is being written", async () => {
    const { acceptance, upgrade, wire } = createAcceptance();
    const accepted = acceptance.accept();
    expect(acceptance.expire()).toBe(false);
    upgrade();
    expect(await accepted).toBe(wire);
    expect(acceptance.expire()).toBe(false);
  });

  test("still counts after an accept that failed", async () => {
    const { acceptance } = createAcceptance();
    await expect(acceptance.accept({ subprotocol: "mqtt" })).rejects.toThrow(TypeError);
    expect(acceptance.expire()).toBe(true);
  });
});

describe("a revoked principal", () => {
  test("cannot be accepted", async () => {
    const { acceptance } = createAcceptance();
    acceptance.revoke(revoked);
    acceptance.revoke(new CloseError(4999, "later"));
    await expect(acceptance.accept()).rejects.toBe(revoked);
  });

  test("is closed as soon as the 101 is written", async () => {
    const { acceptance, upgrade, closed } = createAcceptance();
    const accepted = acceptance.accept();
    acceptance.revoke(revoked);
    upgrade();
    await accepted;
    expect(await closed).toMatchObject({ code: 4403, reason: "revoked" });
  });

  test("is closed when it is accepted already", async () => {
    const { acceptance, upgrade, closed } = createAcceptance();
    const accepted = acceptance.accept();
    upgrade();
    await accepted;
    acceptance.revoke(revoked);
    expect(await closed).toMatchObject({ code: 4403, reason: "revoked" });
  });
});

describe("a refusal", () => {
  test("is a response to write while no 101 is written, with the headers of hooks", async () => {
    const { acceptance, exchange } = createAcceptance();
    exchange.context.responseHeaders.set("x-hook", "1");
    const response = await acceptance.refuse(new Response("no", { status: 403 }));
    expect([response?.status, response?.headers.get("x-hook"), await response?.text()]).toEqual([
      403,
      "1",
      "no",
    ]);
    await exchange.ended;
  });

  test("closes the wire of a session, and then the server has finished with it", async () => {
    const { acceptance, exchange, closed } = createAcceptance({ opened: true });
    expect(await acceptance.refuse(new Response("no", { status: 403 }))).toBeUndefined();
    expect(await closed).toMatchObject({ code: 4403, reason: "no" });
    await exchange.ended;
    await acceptance.released;
  });

  test("closes a wire that was accepted meanwhile", async () => {
    const { acceptance, upgrade, closed } = createAcceptance();
    const accepted = acceptance.accept();
    upgrade();
    await accepted;
    expect(await acceptance.refuse(new Response("no", { status: 503 }))).toBeUndefined();
    expect(await closed).toMatchObject({ code: 4503, reason: "no" });
  });
});

test("the wire of a session is accepted without asking the transport again", async () => {
  const { acceptance, transport, wire } = createAcceptance({ opened: true });
  expect(acceptance.isAccepted).toBe(false);
  expect(await acceptance.accept()).toBe(wire);
  expect(acceptance.isAccepted).toBe(true);
  expect(transport).not.toHaveBeenCalled();
});
