import { contract } from "@symbolon/protocol";
import { build, type Rolldown } from "vite";
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from "vitest";
import { z } from "zod";
import { connect } from "../../src/index.ts";
import * as guarded from "../../src/platform/guarded-warnings.ts";
import { fakeSockets, pass, welcome } from "../connection/fakes.ts";

let warn: Mock<typeof console.warn>;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  warn = vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A connected client of a contract at this path; a warning is given once in a process, so each test has its own path. */
async function connectAt(path: `/${string}`) {
  const { last, WebSocket } = fakeSockets();
  const messages = { client: { post: z.number() }, server: { posted: z.number(), left: z.number() } };
  const client = connect(contract(path, messages), { url: "ws://test", WebSocket });
  void client.opened;
  await pass();
  last().emitOpen();
  last().emitMessage(welcome());
  return { client, receive: (frame: string) => last().emitMessage(frame) };
}

/** The first arguments of the warnings. */
const warnings = (): unknown[] => warn.mock.calls.map(([text]) => text);

test("an event to which no code has ever listened warns once", async () => {
  const { receive } = await connectAt("/unheeded");
  const other = await connectAt("/unheeded");
  receive('{"t":"event","name":"posted","data":1}');
  receive('{"t":"event","name":"posted","data":2}');
  other.receive('{"t":"event","name":"posted","data":3}');
  receive('{"t":"event","name":"left","data":4}');
  await pass();
  expect(warnings()).toEqual([
    'symbolon: the event "posted" of /unheeded arrived, and no code has listened to it: client.on("posted", …)',
    'symbolon: the event "left" of /unheeded arrived, and no code has listened to it: client.on("left", …)',
  ]);
});

test("an event to which some code listens, or has listened, warns of nothing; nor does a gap", async () => {
  const { client, receive } = await connectAt("/heeded");
  client.on("posted", () => {});
  const stop = client.on("left", () => {});
  stop();
  receive('{"t":"event","name":"posted","data":1}');
  receive('{"t":"event","name":"left","data":1}');
  receive('{"t":"gap","from":1,"to":2,"why":"trimmed"}');
  await pass();
  expect(warnings()).toEqual([]);
});

const rejected = (re: number): string => `{"s":${re},"t":"error","re":${re},"code":"NO","message":"no"}`;

test("a send that fails, that no code awaits, and of which no listener learns, warns once", async () => {
  const { client, receive } = await connectAt("/failures");
  client.send("post", 1);
  client.send("post", 2);
  receive(rejected(1));
  receive(rejected(2));
  expect(warn.mock.calls).toEqual([
    [
      'symbolon: "post" to /failures failed, and no code has awaited it: await it, or listen by client.onFailed',
      expect.objectContaining({ code: "NO" }),
    ],
  ]);
});

test("a failed send that is awaited, or that a listener learns of, warns of nothing", async () => {
  const { client, receive } = await connectAt("/handled-failures");
  client.send("post", 1).catch(() => {});
  receive(rejected(1));
  client.onFailed(() => {});
  client.send("post", 2);
  receive(rejected(2));
  expect(warnings()).toEqual([]);
});

const event = (path: string) =>
  [new Set([{ event: "said" }]), "posted", contract(path as "/path", {})] as const;

test("outside of the condition `development`, there are warnings unless NODE_ENV is production", () => {
  vi.stubEnv("NODE_ENV", "production");
  guarded.warnOfEvent(...event("/production"));
  expect(warnings()).toEqual([]);
  vi.stubEnv("NODE_ENV", "development");
  guarded.warnOfEvent(...event("/production"));
  expect(warnings()).toHaveLength(1);
});

test("a page without `process` gets no warning and no error there", () => {
  vi.stubGlobal("process", undefined);
  guarded.checkArguments({} as never, {});
  guarded.noteListener(new Set(), "posted");
  guarded.warnOfEvent(...event("/page"));
  guarded.warnOfFailure(
    new Set(),
    Symbol(),
    { name: "post", data: 1, error: new Error() as never },
    contract("/", {}),
  );
  expect(warnings()).toEqual([]);
});

describe("outside of production, connect throws a TypeError", () => {
  test.each([
    [{ reconnect: { min: Number.NaN } }, "reconnect.min has to be a number from 0, or Infinity, not NaN"],
    [{ reconnect: { max: "5000" } }, 'reconnect.max has to be a number from 0, or Infinity, not "5000"'],
    [{ reconnect: { factor: -1 } }, "reconnect.factor has to be a number from 0, or Infinity, not -1"],
    [{ outbox: { bytes: Number.NaN } }, "outbox.bytes has to be a number from 0, or Infinity, not NaN"],
    [{ outbox: { full: "drop" } }, 'outbox.full has to be "wait" or "reject", not "drop"'],
    [{ inbox: { rooms: null } }, "inbox.rooms has to be a number from 0, or Infinity, not null"],
  ])("for %j", (options, reason) => {
    expect(() => connect(contract("/", {}), { url: "ws://test", ...(options as object) })).toThrow(
      new TypeError(reason),
    );
  });

  test("but not for options that are undefined", () => {
    const options = {
      reconnect: { min: undefined },
      outbox: { full: undefined },
      inbox: undefined,
    } as object;
    expect(() => connect(contract("/", {}), { url: "ws://test", ...options })).not.toThrow();
  });
});

test.each([
  ["production", false],
  ["development", true],
])("a bundle for %s has the warnings: %s", async (mode, has) => {
  vi.useRealTimers();
  vi.stubEnv("NODE_ENV", mode);
  const entry = new URL("../../src/index.ts", import.meta.url).pathname;
  const result = await build({
    configFile: false,
    logLevel: "silent",
    mode,
    resolve: { conditions: ["symbolon-source", "module", "browser", "development|production"] },
    build: { write: false, rollupOptions: { input: entry, preserveEntrySignatures: "strict" } },
  });
  const { output } = result as Rolldown.RolldownOutput;
  expect(output).toHaveLength(1);
  expect(output[0].code.includes("no code has")).toBe(has);
  expect(output[0].code.includes("npm ls @symbolon/protocol")).toBe(has);
  expect(output[0].code.includes("has to be a number")).toBe(has);
  expect(output[0].code).not.toContain("process");
});
