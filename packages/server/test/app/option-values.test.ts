import { createServer } from "node:http";
import { describe, expect, test } from "vitest";
import { attach, serve } from "../../src/node/index.ts";
import { createApp, listen } from "../../src/index.ts";
import { memoryStore } from "../../src/store/memory/memory-store.ts";
import { testNetwork } from "../../src/testing/index.ts";

const message = (create: () => unknown): string => {
  try {
    create();
  } catch (error) {
    return String(error);
  }
  return "no error";
};

describe("a value that an option cannot have is a TypeError, and no limit that is not there", () => {
  // What Number(), a configuration file or an environment variable may give.
  const amounts = [Number.NaN, -1, "5", null];
  const groups = {
    sessions: ["messages", "bytes", "detachedPerPrincipal", "maxDetached", "maxDetachedBytes"],
    limits: [
      "connections",
      "perAddress",
      "httpPerAddress",
      "perPrincipal",
      "messagesPerSecond",
      "bytesPerSecond",
      "handlers",
      "failedResumes",
      "outboundBytes",
      "historyBytes",
    ],
    handshake: ["pending"],
  };
  const cases = Object.entries(groups).flatMap(([group, names]) =>
    names.flatMap((name) => amounts.map((value) => [group, name, value] as const)),
  );
  test.each(cases)("%s.%s: %s", (group, name, value) => {
    const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
    expect(message(() => createApp({ [group]: { [name]: value } }))).toBe(
      `TypeError: ${group}.${name} has to be a number from 0, or Infinity, not ${shown}`,
    );
  });

  test.each([
    ["sessions", "grace", Number.NaN, "a time in ms from 0, or Infinity"],
    ["limits", "messageTimeout", 0, "a time in ms above 0, or Infinity"],
    ["handshake", "timeout", Number.NaN, "a time in ms above 0, or Infinity"],
    ["heartbeat", "interval", 0, "a time in ms above 0, or Infinity"],
    ["heartbeat", "timeout", -1, "a time in ms above 0, or Infinity"],
  ])("%s.%s: %s", (group, name, value, kind) => {
    expect(message(() => createApp({ [group]: { [name]: value } }))).toBe(
      `TypeError: ${group}.${name} has to be ${kind}, not ${value}`,
    );
  });

  test.each([
    ["limits", "trustProxy", "false"],
    ["limits", "trustProxy", 1],
    ["security", "allowCookieWithoutOrigin", "false"],
  ])("%s.%s: %j", (group, name, value) => {
    expect(message(() => createApp({ [group]: { [name]: value } }))).toBe(
      `TypeError: ${group}.${name} has to be true or false, not ${JSON.stringify(value)}`,
    );
  });

  test.each([5, null, "strict", []])("a group that is %j", (limits) => {
    expect(message(() => createApp({ limits } as object))).toMatch(
      /^TypeError: limits has to be an object of options, not /,
    );
  });
});

describe("origins and hosts that no request can have are TypeErrors", () => {
  test.each([
    [["*"]],
    [["https://*.example.com/"]],
    [["app.example.com"]],
    [["https://app.example.com/"]],
    [["https://app.example.com:443"]],
    [["https://App.example.com"]],
    [[""]],
    ["https://app.example.com"],
  ])("origins: %j", (origins) => {
    expect(message(() => createApp({ security: { origins } } as object))).toMatch(
      /^TypeError: security\.origins has to be a list of origins .*, not /,
    );
  });

  test.each([
    [["https://app.example.com", "http://localhost:5173", "https://xn--mnchen-3ya.de", "http://[::1]:3000"]],
    [["capacitor://localhost", "chrome-extension://abcdef", "file://", "null"]],
    [[]],
  ])("origins may be %j", (origins) => {
    expect(() => createApp({ security: { origins } })).not.toThrow();
  });

  test.each([
    [[]],
    [[""]],
    [["https://app.example.com"]],
    [["app.example.com:80"]],
    [["App.example.com"]],
    ["app.example.com"],
  ])("hosts: %j", (hosts) => {
    expect(message(() => createApp({ security: { hosts } } as object))).toMatch(
      /^TypeError: security\.hosts has to be a list of host names .*, not /,
    );
  });

  test.each([[["app.example.com", "localhost"]], [["127.0.0.1", "[::1]"]]])("hosts may be %j", (hosts) => {
    expect(() => createApp({ security: { hosts } })).not.toThrow();
  });
});

describe("an option that is undefined has its default", () => {
  test("of createApp, in its groups too", () => {
    const app = createApp({
      limits: { perAddress: undefined, trustProxy: undefined },
      maxPayload: undefined,
      security: undefined,
    } as object);
    expect([app.limits.perAddress, app.limits.trustProxy, app.maxPayload]).toEqual([100, false, 65_536]);
  });

  test("of a raw route: the option of the app counts", async () => {
    const app = createApp({ socket: { maxPayload: 10 } });
    app.ws(
      "/",
      { maxPayload: undefined } as object,
      listen((message) => message),
    );
    const net = testNetwork(app);
    const socket = await net.connect("/");
    socket.send("eleven bytes");
    expect((await socket.closed).code).toBe(1009);
  });

  test("of serve", async () => {
    const options = {
      port: 0,
      host: undefined,
      assets: undefined,
      drain: undefined,
      perMessageDeflate: undefined,
    };
    await using server = await serve(createApp(), options);
    expect(server.port).toBeGreaterThan(0);
  });
});

describe("serve and attach", () => {
  test.each([
    [{ drain: Number.NaN }, "drain has to be a time in ms from 0, or Infinity, not NaN"],
    [{ signals: "no" }, 'signals has to be true or false, not "no"'],
    [{ host: "" }, 'host has to be a text, and not empty, not ""'],
    [
      { perMessageDeflate: "off" },
      'perMessageDeflate has to be true, false, or an object with `threshold`, not "off"',
    ],
    [{ Port: 3_000 }, 'serve has no option "Port": did you mean port?'],
    [{ allowedHosts: [] }, 'serve has no option "allowedHosts": did you mean host?'],
    [5, "what serve is given as options has to be an object of options, not 5"],
  ])("serve rejects %j", async (options, reason) => {
    await expect(serve(createApp(), options as object)).rejects.toEqual(new TypeError(reason));
  });

  test("attach throws for an option that it does not have", () => {
    expect(() => attach(createServer(), createApp(), { drain: 5 } as object)).toThrow(
      new TypeError('attach has no option "drain": the options are perMessageDeflate'),
    );
  });

  test("close of a server throws for a `drain` that is not a time, and closes nothing", async () => {
    await using server = await serve(createApp(), { port: 0 });
    expect(() => server.close({ drain: Number.NaN })).toThrow(
      new TypeError("drain has to be a time in ms from 0, or Infinity, not NaN"),
    );
    expect((await fetch(server.url)).status).toBe(404);
    const attached = attach(createServer(), createApp());
    expect(() => attached.close({ drain: -1 })).toThrow(TypeError);
    await attached.close();
  });

  test("another `unread` is a TypeError", () => {
    expect(() => createApp({ socket: { unread: "drop" as "close" } })).toThrow(
      new TypeError('unread is "close" or "discard", not "drop"'),
    );
  });
});

test.each([Number.NaN, -1])(
  "memoryStore({ bytes: %s }) is a RangeError, and no store without a bound",
  (bytes) => {
    expect(() => memoryStore({ bytes })).toThrow(
      new RangeError(`memoryStore: \`bytes\` must be a number from 0, not ${bytes}`),
    );
  },
);
