/** Compares the table of limits in docs/security.md with the options of the code, in both directions. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { resolveLimits } from "../packages/server/src/access/limits.ts";
import { Sessions } from "../packages/server/src/session/sessions.ts";
import { Clock } from "../packages/server/src/timing/clock.ts";
import { resolveHeartbeat } from "../packages/server/src/timing/heartbeat.ts";

/** The interfaces with limits: how the page names a member, and where it is declared. */
const interfaces = [
  ["security.", "access/origin.ts", "SecurityOptions"],
  ["limits.", "access/limits.ts", "LimitOptions"],
  ["handshake.", "app/dispatch-options.ts", "HandshakeOptions"],
  ["heartbeat.", "timing/heartbeat.ts", "HeartbeatOptions"],
  ["sessions.", "session/sessions.ts", "SessionOptions"],
  ["", "app/types.ts", "AppOptions"],
  ["rooms.", "contract/contract-room.ts", "RoomsOptions"],
  ["rooms.memory.", "rooms/room-memory.ts", "RoomMemoryOptions"],
  ["tickets ", "app/tickets.ts", "TicketOptions"],
] as const;

/** A default that is a number, a truth value or an empty list. */
const plainDefault = /^(?:[\d_]+|true|false|\[\])$/;

const table = readTable(readFileSync(new URL("../docs/security.md", import.meta.url), "utf8"));
const documented = new Map(
  interfaces.flatMap(([prefix, file, name]) => defaultsOf(prefix, readSource(file), name)),
);

test("the table has a row for each option whose default is a plain value, and that value", () => {
  expect(documented.size).toBeGreaterThan(20);
  const ofCodecs = documented.get("codecs");
  expect(ofCodecs).toBe("[]"); // chosen by preference, and no limit
  documented.delete("codecs");
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(documented));
});

describe("a doc comment has the default that the code uses", () => {
  const used: Readonly<Record<string, object>> = {
    limits: resolveLimits(),
    sessions: new Sessions(new Clock()).options,
    heartbeat: resolveHeartbeat(),
  };

  test.each(Object.keys(used))("%s", (group) => {
    const inComments = [...table].filter(([option]) => option.startsWith(`${group}.`));
    const values = inComments.map(([option, text]) => [
      option.slice(group.length + 1),
      text === "true" || text === "false" ? text === "true" : Number(text.replaceAll("_", "")),
    ]);
    expect(Object.fromEntries(values)).toEqual(used[group]);
  });

  test.each([
    ["handshake.timeout", "app/dispatch.ts", /\{ timeout = ([\d_]+), pending/],
    ["handshake.pending", "app/dispatch.ts", /, pending = ([\d_]+) \}/],
    ["maxPayload", "app/app.ts", /\{ maxPayload = ([\d_]+) \}/],
    ["rooms.perPeer", "contract/contract-rooms.ts", /perPeer = ([\d_]+) \}/],
    ["tickets lifetime", "app/tickets.ts", /\{ lifetime = ([\d_]+),/],
  ])("%s", (option, file, use) => {
    expect(use.exec(readSource(file))?.[1]).toBe(table.get(option));
  });
});

function readSource(file: string): string {
  return readFileSync(new URL(`../packages/server/src/${file}`, import.meta.url), "utf8");
}

/** The plain defaults of an interface's members, as their doc comments name them. */
function defaultsOf(prefix: string, source: string, name: string): (readonly [string, string])[] {
  const [, body = ""] =
    new RegExp(`^export interface ${name}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source) ?? [];
  return Array.from(
    body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)\?/g),
    ([, doc = "", member]) => {
      const [, value = ""] = /@default (.*)/.exec(doc) ?? [];
      return [`${prefix}${member}`, value.trim()] as const;
    },
  ).filter(([, value]) => plainDefault.test(value));
}

/** The default of each option in the page's table. */
function readTable(page: string): ReadonlyMap<string, string> {
  const rows = page.matchAll(/^\| `([\w.]+)`(?: of `(\w+)`)? +\| `([^`]+)` +\|/gm);
  return new Map(
    Array.from(rows, ([, option = "", owner, value = ""]) => [
      owner === "tickets" ? `tickets ${option}` : option,
      value,
    ]),
  );
}
