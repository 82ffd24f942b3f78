// S36
/** How sessions begin and resume, on each transport, in JSON and MessagePack, with no option. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectRawClient, opcodes, rawFrame } from "../../packages/server/test/node/raw-client.ts";
import { hello } from "../../packages/server/test/session/connect-session.ts";
import {
  connect,
  contractCombinations,
  type ContractMode,
  hasSession,
  headersOf,
  nextFrame,
  numbers,
  startDefaultServer,
  write,
} from "./default-servers.ts";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => {}));
afterEach(() => void vi.restoreAllMocks());

describe.each(contractCombinations.filter(([, mode]) => hasSession(mode)))(
  "under %s, in mode %s, a session",
  (transport, mode) => {
    // S11, CVE-2026-35523
    test.each<[string, Buffer, (mode: ContractMode) => number]>([
      [
        "an event",
        write(mode, { s: 1, t: "event", name: "post", data: 1 }),
        (m) => (m === "symbolon.v1.json" ? 4401 : 4400),
      ],
      [
        "an event without a sequence",
        rawFrame(opcodes.text, '{"t":"event","name":"post","data":1}'),
        () => 4401,
      ],
      ["a ping", rawFrame(opcodes.text, '{"t":"ping","n":1}'), () => 4401],
      ["an auth", rawFrame(opcodes.text, '{"t":"auth","token":"t"}'), () => 4401],
      [
        "40 KiB and more",
        rawFrame(opcodes.text, JSON.stringify({ ...hello, auth: "x".repeat(41_000) })),
        () => 4400,
      ],
    ])("that begins with %s is closed, and no handler runs", async (_what, bytes, code) => {
      const server = await startDefaultServer(transport);
      using client = await connectRawClient(server.port);
      await client.open("/notes", headersOf(mode));
      client.write(bytes);
      const [closed] = await client.closeFrame();
      expect(closed).toBe(code(mode));
      expect(server.handled).toEqual([]);
      client.socket.destroy();
      await server.close();
    });

    // S25
    test.runIf(hasSession(mode))(
      "a sequence or an acknowledgement out of its range closes with 4400",
      async () => {
        const server = await startDefaultServer(transport);
        for (const value of [...numbers, 99])
          for (const fields of [{ s: 1, a: value }, ...(value === 99 ? [] : [{ s: value }])]) {
            using client = await connect(server.port, mode);
            client.write(write(mode, { t: "request", q: 1, name: "echo", ...fields }));
            expect([fields, await nextFrame(client)]).toEqual([fields, { closed: 4400 }]);
          }
        await server.close();
      },
    );

    // S12
    test("of an unknown version closes with 4400, and the reason lists the known one", async () => {
      const server = await startDefaultServer(transport);
      using client = await connectRawClient(server.port);
      await client.open("/notes", headersOf(mode));
      client.write(rawFrame(opcodes.text, JSON.stringify({ ...hello, v: 2 })));
      const [code, reason] = await client.closeFrame();
      expect(code).toBe(4400);
      expect(reason).toMatch(/\b1\b/);
      client.socket.destroy();
      await server.close();
    });

    // S13, graphql-ws #692
    test.each(["__proto__", "constructor", "no such session"])(
      "that resumes one called %s gets a new one",
      async (sid) => {
        const server = await startDefaultServer(transport);
        using client = await connectRawClient(server.port);
        await client.open("/notes", headersOf(mode));
        const resume = { sid, rt: sid, ep: sid, rx: 0, tx0: 1 };
        client.write(rawFrame(opcodes.text, JSON.stringify({ ...hello, cid: "__proto__", resume })));
        expect(await nextFrame(client)).toMatchObject({ t: "welcome", state: "reset", why: "unknown" });
        client.socket.destroy();
        await server.close();
      },
    );
  },
);
