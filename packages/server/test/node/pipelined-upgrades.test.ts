import { attach, serve } from "@symbolon/server/node";
import { Clock } from "@symbolon/server/testing";
import { describe, expect, test } from "vitest";
import { gate } from "../gate.ts";
import { connectRawClient, handshake, opcodes, parseFrames, rawFrame } from "./raw-client.ts";
import { createDeadlineClock, createEchoApp, startHost } from "./test-host.ts";

describe("an upgrade that a client sends before it has the responses to earlier requests", () => {
  /** An app whose page waits for `decided`, and an echo. */
  function createPageApp(clock = new Clock()) {
    const called = gate();
    const decided = gate();
    const app = createEchoApp("/echo", { clock });
    app.http("/page", async () => {
      called.open();
      await decided.passed;
      return new Response("page");
    });
    return { app, clock, called: called.passed, decide: decided.open };
  }
  const page = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const statuses = (bytes: Buffer): string[] => bytes.toString("latin1").match(/HTTP\/1\.1 \d+/g) ?? [];

  test.each([1, 2, 5])("is accepted after the responses to %i of them", async (count) => {
    const { app, called, decide } = createPageApp();
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(
      page.repeat(count),
      handshake("/echo"),
      rawFrame(opcodes.text, "hi"),
      rawFrame(opcodes.close),
    );
    await called;
    await new Promise((resolve) => setImmediate(resolve));
    decide();
    const bytes = await client.rest();
    expect(statuses(bytes)).toEqual([...Array.from({ length: count }, () => "HTTP/1.1 200"), "HTTP/1.1 101"]);
    const frames = parseFrames(bytes.subarray(bytes.lastIndexOf("\r\n\r\n") + 4));
    expect(frames.map(({ opcode }) => opcode)).toEqual([opcodes.text, opcodes.close]);
  });

  test("is refused after them", async () => {
    const { app, called, decide } = createPageApp();
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(page, handshake("/nowhere"));
    await called;
    decide();
    expect(statuses(await client.rest())).toEqual(["HTTP/1.1 200", "HTTP/1.1 404"]);
  });

  test("is answered once when another listener of the server leaves it alone", async () => {
    const decided = gate();
    using host = await startHost(
      (_incoming, outgoing) => void decided.passed.then(() => outgoing.end("page")),
    );
    const { clock, deadlineSet } = createDeadlineClock();
    attach(host.server, createEchoApp("/echo", { clock }));
    host.server.on("upgrade", () => {});
    using client = await connectRawClient(host.port);
    client.write(page, handshake("/nowhere"));
    decided.open();
    expect((await client.response()).status).toBe(200);
    await deadlineSet();
    clock.advance(10_000);
    expect(statuses(await client.rest())).toEqual(["HTTP/1.1 404"]);
  });

  test("is not answered when the response to the earlier one ends the connection", async () => {
    using host = await startHost((_incoming, outgoing) => {
      outgoing.setHeader("connection", "close");
      setImmediate(() => outgoing.end("page"));
    });
    attach(host.server, createEchoApp());
    using client = await connectRawClient(host.port);
    client.write(page, handshake("/echo"));
    expect(statuses(await client.rest())).toEqual(["HTTP/1.1 200"]);
  });

  test("does not keep a server from closing", async () => {
    const { app, called, decide } = createPageApp();
    const server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    client.write(page, handshake("/echo"));
    await called;
    const closed = server.close();
    decide();
    await closed;
    expect(statuses(await client.rest())[0]).toBe("HTTP/1.1 200");
  });
});
