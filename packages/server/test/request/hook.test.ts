import { describe, expect, test } from "vitest";
import { type AnyHook, finishGenerator, HookRun, isGenerator } from "../../src/request/hook.ts";
import { gate } from "../gate.ts";

async function start(hooks: readonly AnyHook[], context: Record<string, unknown> = {}) {
  const run = new HookRun();
  const refusal = await run.start(hooks, context);
  return { run, refusal, context };
}

describe("a hook provides its record", () => {
  const forms: [string, AnyHook][] = [
    ["a function", () => ({ user: "ada" })],
    ["an async function", async () => ({ user: "ada" })],
    [
      "a generator that yields",
      function* () {
        yield { user: "ada" };
      },
    ],
    [
      "an async generator that yields",
      async function* () {
        yield { user: "ada" };
      },
    ],
    [
      "a generator that returns at once",
      // oxlint-disable-next-line require-yield -- it ends before it yields
      function* () {
        return { user: "ada" };
      },
    ],
    [
      "an async generator that returns at once",
      // oxlint-disable-next-line require-yield -- it ends before it yields
      async function* () {
        return { user: "ada" };
      },
    ],
  ];
  test.each(forms)("as %s", async (_, hook) => {
    const { refusal, context } = await start([hook]);
    expect(refusal).toBeUndefined();
    expect(context).toEqual({ user: "ada" });
  });
});

describe("a hook refuses with its response", () => {
  const forms: [string, AnyHook][] = [
    ["returned", () => new Response("no", { status: 401 })],
    ["resolved", async () => new Response("no", { status: 401 })],
    [
      "yielded",
      function* () {
        yield new Response("no", { status: 401 });
      },
    ],
    [
      "returned by an async generator",
      // oxlint-disable-next-line require-yield -- it ends before it yields
      async function* () {
        return new Response("no", { status: 401 });
      },
    ],
  ];
  test.each(forms)("%s, and later hooks do not run", async (_, hook) => {
    const later: string[] = [];
    const { refusal } = await start([hook, () => void later.push("ran")]);
    expect(refusal?.status).toBe(401);
    expect(later).toEqual([]);
  });
});

test("a guard that provides nothing is legal", async () => {
  const { refusal, context } = await start([
    () => {},
    async () => undefined,
    function* () {
      yield;
    },
  ]);
  expect(refusal).toBeUndefined();
  expect(context).toEqual({});
});

test("a later hook sees what earlier ones provided", async () => {
  const seen: unknown[] = [];
  await start([() => ({ user: "ada" }), (context: { user: string }) => void seen.push(context.user)]);
  expect(seen).toEqual(["ada"]);
});

test.each([
  "request",
  "params",
  "query",
  "headers",
  "cookies",
  "room",
  "token",
  "credentials",
  "route",
  "answer",
  "state",
])("a hook cannot provide %s, which the context has of its own", async (name) => {
  await expect(start([() => ({ [name]: 1 })])).rejects.toThrow(TypeError);
});

test("a hook cannot provide what another one has provided", async () => {
  await expect(start([() => ({ user: 1 }), () => ({ user: 2 })])).rejects.toThrow(/"user".*already/);
});

test("a principal is the name of the caller, a string, for every kind of route", async () => {
  await expect(start([() => ({ principal: { id: 1 } })])).rejects.toThrow(/`principal` as a string/);
  const { context } = await start([() => ({ principal: undefined }), () => ({ user: 1 })]);
  expect(context).toEqual({ principal: undefined, user: 1 });
});

function recording(name: string, log: string[]): AnyHook {
  return async function* () {
    log.push(`${name} begins`);
    try {
      yield;
      log.push(`${name} ends`);
    } catch (error) {
      log.push(`${name} sees ${(error as Error).message}`);
      throw error;
    } finally {
      log.push(`${name} is over`);
    }
  };
}

describe("the endings", () => {
  test("run in reverse order, once", async () => {
    const log: string[] = [];
    const { run } = await start([recording("a", log), recording("b", log)]);
    expect(await run.end()).toEqual([]);
    expect(await run.end()).toEqual([]);
    expect(log).toEqual(["a begins", "b begins", "b ends", "b is over", "a ends", "a is over"]);
  });

  test("see what the handler failed with, which is no failure of theirs", async () => {
    const log: string[] = [];
    const { run } = await start([recording("a", log), recording("b", log)]);
    expect(await run.end(new Error("ouch"))).toEqual([]);
    expect(log.filter((line) => line.includes("sees"))).toEqual(["b sees ouch", "a sees ouch"]);
  });

  test("all run, though one of them fails, and the failure is given back", async () => {
    const log: string[] = [];
    const broken = new Error("broken ending");
    const { run } = await start([
      recording("a", log),
      function* () {
        yield;
        throw broken;
      },
    ]);
    expect(await run.end()).toEqual([broken]);
    expect(log.at(-1)).toBe("a is over");
  });

  test("of hooks before a refusing one run too", async () => {
    const log: string[] = [];
    const { run, refusal } = await start([recording("a", log), () => new Response("no", { status: 403 })]);
    expect(refusal?.status).toBe(403);
    await run.end();
    expect(log).toContain("a is over");
  });

  test("of a hook that begins after the end came at once, with its error; later hooks do not run", async () => {
    const log: string[] = [];
    const { passed, open } = gate();
    const asked = gate();
    const run = new HookRun();
    const late: AnyHook = async function* () {
      asked.open();
      await passed;
      try {
        yield;
      } catch (error) {
        log.push(`late sees ${(error as Error).message}`);
        throw error;
      }
    };
    const started = run.start([recording("a", log), late, recording("b", log)], {});
    await asked.passed;
    await run.end(new Error("too late"));
    open();
    expect(await started).toBeInstanceOf(Response);
    expect(log.filter((line) => line.includes("sees"))).toEqual(["a sees too late", "late sees too late"]);
    expect(log.some((line) => line.startsWith("b"))).toBe(false);
  });

  test("may not yield again", async () => {
    const log: string[] = [];
    const { run } = await start([
      function* () {
        try {
          yield;
          yield;
        } finally {
          log.push("returned");
        }
      },
    ]);
    const [failure] = await run.end();
    expect(failure).toBeInstanceOf(TypeError);
    expect(log).toEqual(["returned"]);
  });
});

test("what a hook throws rejects the start", async () => {
  const broken = new Error("broken hook");
  await expect(start([() => Promise.reject(broken)])).rejects.toBe(broken);
});

test("a generator is known from other objects, arrays and strings", () => {
  expect(isGenerator((function* () {})())).toBe(true);
  expect(isGenerator((async function* () {})())).toBe(true);
  for (const other of [undefined, null, {}, [], "text", { next: 1 }, new Map()])
    expect(isGenerator(other)).toBe(false);
});

test("finishing a generator runs what comes after its yield", async () => {
  const log: string[] = [];
  const generator = (function* () {
    yield;
    log.push("after");
  })();
  generator.next();
  await finishGenerator(generator);
  expect(log).toEqual(["after"]);
});
