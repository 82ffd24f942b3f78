import { describe, expect, test } from "vitest";
import { type AnyHook, finishGenerator, HookRun, isGenerator } from "../../src/request/hook.ts";
import { identity } from "../../src/request/identity.ts";
import { gate } from "../gate.ts";

/** Runs hooks, which add to `context`. */
async function start(hooks: readonly AnyHook[], context: Record<string, unknown> = {}) {
  const run = new HookRun();
  const refusal = await run.start(hooks, context);
  return { run, refusal, context };
}

describe("a hook provides its result", () => {
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

test("a hook may provide nothing", async () => {
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

test("a later hook reads what earlier ones provided", async () => {
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
  "protocols",
  "route",
  "responseHeaders",
  "state",
  "resumed",
])("a hook cannot provide %s, a field of the context itself", async (name) => {
  await expect(start([() => ({ [name]: 1 })])).rejects.toThrow(TypeError);
});

test("a hook cannot provide a name that another one has provided", async () => {
  await expect(start([() => ({ user: 1 }), () => ({ user: 2 })])).rejects.toThrow(/"user".*already/);
});

describe("identity()", () => {
  test("names the caller, alone or among other values, with or without an end", async () => {
    const { context } = await start([() => identity({ principal: "ada" })]);
    expect(context).toMatchObject({ principal: "ada" });
    const user = { name: "ada" };
    const among = await start([() => ({ user, ...identity({ principal: user.name, expiresAt: 5 }) })]);
    expect(among.context).toMatchObject({ user, principal: "ada", expiresAt: 5 });
  });

  test("has the expiry left out when it is undefined", async () => {
    const { refusal, context } = await start([() => identity({ principal: "ada", expiresAt: undefined })]);
    expect(refusal).toBeUndefined();
    expect(context["expiresAt"]).toBeUndefined();
  });

  test("is provided by one hook only", async () => {
    const hook = () => identity({ principal: "ada" });
    await expect(start([hook, hook])).rejects.toThrow(/already/);
  });

  test.each([{ id: 1 }, 1, undefined, null])("needs a string as the principal, not %j", async (principal) => {
    await expect(start([() => identity({ principal: principal as never })])).rejects.toThrow(
      new TypeError("identity() needs `principal` as a string: the caller's name"),
    );
  });

  test.each([Number.NaN, "5", new Date(5), null])(
    "needs a number as the expiry, not %j",
    async (expiresAt) => {
      await expect(
        start([() => identity({ principal: "ada", expiresAt: expiresAt as never })]),
      ).rejects.toThrow(new TypeError("identity() needs `expiresAt` as a number: ms since the epoch"));
    },
  );

  test.each([
    ["principal", { principal: "ada" }],
    ["principal", { principal: undefined, expiresAt: 5 }],
    ["expiresAt", { expiresAt: 5 }],
  ])("is the only way to provide %s", async (name, provided) => {
    await expect(start([() => provided])).rejects.toThrow(
      new TypeError(`a hook provides "${name}": return identity({ principal, expiresAt })`),
    );
  });
});

/** A hook that logs how it begins and ends. */
function loggingHook(name: string, log: string[]): AnyHook {
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

describe("the ends of hooks", () => {
  test("run in reverse order, once", async () => {
    const log: string[] = [];
    const { run } = await start([loggingHook("a", log), loggingHook("b", log)]);
    expect(await run.end()).toEqual([]);
    expect(await run.end()).toEqual([]);
    expect(log).toEqual(["a begins", "b begins", "b ends", "b is over", "a ends", "a is over"]);
  });

  test("receive the handler's error, which is no failure of their own", async () => {
    const log: string[] = [];
    const { run } = await start([loggingHook("a", log), loggingHook("b", log)]);
    expect(await run.end(new Error("ouch"))).toEqual([]);
    expect(log.filter((line) => line.includes("sees"))).toEqual(["b sees ouch", "a sees ouch"]);
  });

  test("all run, though one of them fails, and its error is returned", async () => {
    const log: string[] = [];
    const broken = new Error("broken end");
    const { run } = await start([
      loggingHook("a", log),
      function* () {
        yield;
        throw broken;
      },
    ]);
    expect(await run.end()).toEqual([broken]);
    expect(log.at(-1)).toBe("a is over");
  });

  test("of hooks before a hook that refuses run too", async () => {
    const log: string[] = [];
    const { run, refusal } = await start([loggingHook("a", log), () => new Response("no", { status: 403 })]);
    expect(refusal?.status).toBe(403);
    await run.end();
    expect(log).toContain("a is over");
  });

  test("of a hook that starts while the run ends runs at once, with the error; later hooks do not run", async () => {
    const log: string[] = [];
    const { passed, open } = gate();
    const called = gate();
    const run = new HookRun();
    const late: AnyHook = async function* () {
      called.open();
      await passed;
      try {
        yield;
      } catch (error) {
        log.push(`late sees ${(error as Error).message}`);
        throw error;
      }
    };
    const started = run.start([loggingHook("a", log), late, loggingHook("b", log)], {});
    await called.passed;
    await run.end(new Error("too late"));
    open();
    expect(await started).toBeInstanceOf(Response);
    expect(log.filter((line) => line.includes("sees"))).toEqual(["a sees too late", "late sees too late"]);
    expect(log.some((line) => line.startsWith("b"))).toBe(false);
  });

  test("may not yield a second time", async () => {
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

test("isGenerator distinguishes a generator from other objects, arrays and strings", () => {
  expect(isGenerator((function* () {})())).toBe(true);
  expect(isGenerator((async function* () {})())).toBe(true);
  for (const other of [undefined, null, {}, [], "text", { next: 1 }, new Map()])
    expect(isGenerator(other)).toBe(false);
});

test("finishing a generator runs the code after its yield", async () => {
  const log: string[] = [];
  const generator = (function* () {
    yield;
    log.push("after");
  })();
  generator.next();
  await finishGenerator(generator);
  expect(log).toEqual(["after"]);
});
