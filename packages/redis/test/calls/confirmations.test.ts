/** Answers that wait for replicas, without Redis: the test answers what the replicas are asked. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Confirmation, Confirmations } from "../../src/calls/confirmations.ts";

/** Confirmations by two replicas. `asked` are the questions that have no answer yet. */
function createConfirmations() {
  const asked: {
    readonly resolve: (answer: Confirmation) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  const ask = (): Promise<Confirmation> =>
    new Promise((resolve, reject) => void asked.push({ resolve, reject }));
  const confirmations = new Confirmations(ask, { replicas: 2, timeout: 50 });
  const outcomes: string[] = [];
  const confirm = async (name: string, run = "run"): Promise<void> => {
    confirmations.confirm(Promise.resolve([run, "1", name])).then(
      () => outcomes.push(name),
      (error: Error) => outcomes.push(`${name}: ${error.message}`),
    );
    await nextTurn();
  };
  const answer = async (replicas: number): Promise<void> => {
    asked.shift()?.resolve({ reply: ["run", "1", "run"], replicas });
    await nextTurn();
  };
  return { confirm, asked, outcomes, answer };
}

test("one question is for all answers that came before it, and later ones wait for the next", async () => {
  const { confirm, asked, outcomes, answer } = createConfirmations();
  await Promise.all(["a", "b"].map((name) => confirm(name)));
  for (const name of ["c", "d"]) await confirm(name);
  expect(asked).toHaveLength(1);
  await answer(2);
  expect([outcomes, asked.length]).toEqual([["a", "b"], 1]);
  await answer(3);
  expect([outcomes, asked.length]).toEqual([["a", "b", "c", "d"], 0]);
});

test("too few replicas fail the answers of their question alone", async () => {
  const { confirm, outcomes, answer } = createConfirmations();
  await confirm("a");
  await confirm("b");
  await answer(1);
  await answer(2);
  expect(outcomes).toEqual([
    expect.stringMatching(/^a: `wait.replicas` is 2, and 1 of them acknowledged within 50 ms/),
    "b",
  ]);
});

test("an answer of another run of Redis is not confirmed, and neither is one that the connection loses", async () => {
  const { confirm, asked, outcomes, answer } = createConfirmations();
  await confirm("a", "another run");
  await answer(2);
  await confirm("b");
  asked.shift()?.reject(new Error("Socket closed unexpectedly"));
  await nextTurn();
  await confirm("c");
  await answer(2);
  expect(outcomes).toEqual([
    "a: another Redis is the master now, which may not have the call",
    "b: Socket closed unexpectedly",
    "c",
  ]);
});
