import { describe, expect, test } from "vitest";
import { MemberTable, type PresentConnection } from "../../../src/rooms/presence/member-table.ts";

const connection = (id: string, more: Partial<PresentConnection> = {}): PresentConnection => ({
  id,
  away: false,
  at: 0,
  ...more,
});
const ada = (id: string, more: Partial<PresentConnection> = {}): PresentConnection =>
  connection(id, { principal: "ada", ...more });

describe("the members of a room", () => {
  test("are the principals, and each connection without one", () => {
    const table = new MemberTable();
    table.set("n1", ada("a", { data: "old", at: 1 }));
    table.set("n2", ada("b", { away: true, data: "new", at: 2 }));
    table.set("n2", connection("g"));
    expect(table.members).toEqual([
      { id: "@ada", principal: "ada", state: "here", connections: 2, data: "new" },
      { id: "g", state: "here", connections: 1 },
    ]);
    table.set("n1", ada("a", { away: true, data: "old", at: 1 }));
    expect(table.members[0]?.state).toBe("away");
  });

  test("are connections, by the option, and have no principal", () => {
    const table = new MemberTable("connection");
    table.set("n1", ada("a"));
    table.set("n1", ada("b"));
    expect(table.members).toEqual([
      { id: "a", state: "here", connections: 1 },
      { id: "b", state: "here", connections: 1 },
    ]);
  });

  test("are not a connection whose id is a principal with the sign of one", () => {
    const table = new MemberTable();
    table.set("n1", ada("a"));
    table.set("n1", connection("ada"));
    expect(table.members.map(({ id }) => id)).toEqual(["@ada", "ada"]);
  });

  test("have a session once that two processes announce: it is where its client is", () => {
    const table = new MemberTable();
    table.set("n1", ada("a", { away: true, data: 1, at: 5 }));
    table.set("n2", ada("a", { data: 1, at: 5 }));
    expect(table.members).toEqual([{ id: "@ada", principal: "ada", state: "here", connections: 1, data: 1 }]);
    table.delete("n1", "a");
    expect(table.members).toHaveLength(1);
    table.delete("n2", "a");
    expect(table.members).toEqual([]);
  });

  test("are the same in whichever order the announcements come, also of data that was set at once", () => {
    const [one, two] = [new MemberTable(), new MemberTable()];
    const [left, right] = [ada("a", { data: "left", at: 7 }), ada("b", { data: "right", at: 7 })];
    one.set("n1", left);
    one.set("n2", right);
    two.set("n2", right);
    two.set("n1", left);
    expect(two.members).toEqual(one.members);
    expect(one.members[0]?.data).toBe("right");
    for (const table of [one, two]) table.set("n2", ada("c", { data: "second", at: 7 }));
    two.delete("n2", "b");
    two.set("n2", right);
    expect(two.members).toEqual(one.members);
  });
});

describe("the changes of a room", () => {
  test("after a version are the members that have changed, and those that are gone", () => {
    const table = new MemberTable();
    table.set("n1", connection("a"));
    table.set("n1", connection("b"));
    const { version } = table;
    expect(table.since(version)).toEqual({ here: [], gone: [] });
    table.set("n1", connection("b", { data: 1, at: 1 }));
    table.delete("n1", "a");
    expect(table.since(version)).toEqual({
      here: [{ id: "b", state: "here", connections: 1, data: 1 }],
      gone: ["a"],
    });
    table.set("n1", connection("a"));
    expect(table.since(version)).toMatchObject({ here: [{ id: "b" }, { id: "a" }], gone: [] });
  });

  test("are none when a process announces what is known", () => {
    const table = new MemberTable();
    table.set("n1", connection("a", { data: 1, at: 1 }));
    const { version } = table;
    table.set("n1", connection("a", { data: 1, at: 1 }));
    table.delete("n1", "unknown");
    table.delete("n2", "a");
    table.replace("n2", new Set());
    expect(table.version).toBe(version);
  });

  test("are unknown after 1,000 more members have gone than are remembered", () => {
    const table = new MemberTable();
    table.set("n1", connection("stays"));
    const { version } = table;
    const goMany = (count: number): void => {
      for (let n = 0; n < count; n += 1) {
        table.set("n1", connection(`${table.version}`));
        table.replace("n1", new Set(["stays"]));
      }
    };
    goMany(1_000);
    expect(table.since(version)?.gone).toHaveLength(1_000);
    goMany(1);
    expect(table.since(version)).toBeUndefined();
  });
});

test("a process that has these connections alone has lost the others, and no other process has", () => {
  const table = new MemberTable();
  for (const id of ["a", "b"]) table.set("n1", connection(id));
  table.set("n2", connection("c"));
  table.replace("n1", new Set(["b"]));
  expect(table.members.map(({ id }) => id)).toEqual(["b", "c"]);
  table.replace("n1", new Set());
  expect(table.members.map(({ id }) => id)).toEqual(["c"]);
});
