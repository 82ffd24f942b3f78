/** What other WebSocket software got wrong, and has no other test here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CloseError, contract } from "@symbolon/protocol";
import { createApp } from "@symbolon/server";
import { serve } from "@symbolon/server/node";
import { testNetwork } from "@symbolon/server/testing";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { connectRawClient, opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { hello, keyOf } from "../../packages/server/test/session/connect-session.ts";
import { collectGarbage } from "../collect-garbage.ts";
import { slow } from "../time-limits.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

// ws #2333
test(
  "100,000 messages of one fragment on one connection are all answered, with a higher rate",
  slow,
  async () => {
    const app = createApp({ limits: { messagesPerSecond: 10 ** 9, bytesPerSecond: 10 ** 9 } });
    let received = 0;
    app.ws("/count", async (socket) => {
      for await (const message of socket) {
        received += message.length;
        if (message === "!") await socket.send(String(received));
      }
    });
    await using server = await serve(app, { port: 0 });
    using client = await connectRawClient(server.port);
    await client.open("/count");
    const thousand = Buffer.concat(Array.from({ length: 1_000 }, () => rawFrame(opcodes.text, "x")));
    for (let count = 0; count < 100; count += 1) client.write(thousand);
    client.write(rawFrame(opcodes.text, "!"));
    expect(await client.text()).toBe("100001");
  },
);

// ws #2331
test("50 clients that keep messages of 1,000 fragments unfinished cost less than 20 MiB", slow, async () => {
  const app = createApp();
  app.ws("/echo", async (socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using server = await serve(app, { port: 0 });
  const clients = await Promise.all(Array.from({ length: 50 }, () => connectRawClient(server.port)));
  for (const client of clients) await client.open("/echo");
  collectGarbage();
  const before = process.memoryUsage();
  const unfinished = Buffer.concat([
    rawFrame(opcodes.text, "x", { fin: false }),
    ...Array.from({ length: 1_000 }, (_, n) =>
      rawFrame(opcodes.continuation, n % 2 === 0 ? "" : "x", { fin: false }),
    ),
    rawFrame(opcodes.ping),
  ]);
  for (const client of clients) client.write(unfinished);
  for (const client of clients) expect((await client.frame()).opcode).toBe(opcodes.pong); // it has read them
  collectGarbage();
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(20 * 2 ** 20);
  for (const client of clients) client.reset();
});

// S27, CVE-2026-45736
describe("a close", () => {
  const long = "é".repeat(62); // 124 bytes
  test.each<[string, unknown, string]>([
    ["bytes", new Uint8Array(100).fill(65), "65,".repeat(41)],
    ["a number", 100, "100"],
    ["an object", { secret: 1 }, "[object Object]"],
    ["124 bytes of text", long, "é".repeat(61)],
    ["nothing", undefined, ""],
  ])("with %s as its reason sends text of at most 123 bytes, and no memory", async (_what, reason, sent) => {
    const app = createApp();
    app.ws("/raw", async (socket) => {
      await socket.accept();
      socket.close(4000, reason as string);
    });
    app.implement(contract("/notes", { client: { post: z.string() } }), () => ({
      post: () => {
        throw new CloseError(4000, reason as string);
      },
    }));
    const onError = vi.spyOn(console, "error").mockImplementation(() => {});
    await using server = await serve(app, { port: 0 });
    for (const path of ["/raw", "/notes"]) {
      using client = await connectRawClient(server.port);
      await client.open(
        path,
        {},
        ...(path === "/notes" ? [rawFrame(1, '{"t":"event","name":"post","data":""}')] : []),
      );
      expect([path, ...(await client.closeFrame())]).toEqual([path, 4000, sent]);
    }
    onError.mockRestore();
  });
});

// CVE-2017-16031
describe("ids and secrets", () => {
  test("are made by no source that uses Math.random, but for the waits between two tries", () => {
    const files = ["protocol", "server", "client"].flatMap((name) =>
      readdirSync(join(root, "packages", name, "src"), { recursive: true, encoding: "utf8" })
        .filter((file) => /\.tsx?$/.test(file))
        .map((file) => join("packages", name, "src", file)),
    );
    const using = files.filter((file) => readFileSync(join(root, file), "utf8").includes("Math.random"));
    expect(using.filter((file) => !file.startsWith("packages/client/src/connection/"))).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  test("are different for each session, and use all letters at each place", async () => {
    const app = createApp({ limits: { perPrincipal: 1_000 } });
    app.implement(contract("/notes", { client: { post: z.string() } }), () => ({ post: () => {} }));
    const net = testNetwork(app);
    const welcomes: { sid: string; rt: string }[] = [];
    for (let client = 0; client < 300; client += 1) {
      const socket = await net.connect("/notes", { protocols: ["symbolon.v1.json"] });
      socket.send({ ...hello, key: keyOf(`client ${client}`) });
      welcomes.push(JSON.parse(String(await socket.receive())) as { sid: string; rt: string });
      socket.close();
    }
    for (const field of ["sid", "rt"] as const) {
      const values = welcomes.map((welcome) => welcome[field]);
      expect(new Set(values).size).toBe(300);
      for (let place = 0; place < 20; place += 1)
        expect(new Set(values.map((value) => value[place])).size).toBeGreaterThan(40);
    }
  });
});
