import type { AnyContract } from "@symbolon/protocol";

/** The contracts whose missing handlers were reported. */
const reported = new WeakSet<AnyContract>();

/** Reports once, outside of production, which messages of a contract have no handler: the setup may be in JavaScript. */
export function warnOfMissing(contract: AnyContract, handlers: object): void {
  if (process.env["NODE_ENV"] === "production" || reported.has(contract)) return;
  const { client = {} } = contract.definition as { readonly client?: object };
  const missing = Object.keys(client).filter((name) => !Object.hasOwn(handlers, name));
  if (missing.length === 0) return;
  reported.add(contract);
  const names = missing.map((name) => JSON.stringify(name)).join(", ");
  console.warn(
    `symbolon: the setup of ${contract.path} gave no handler for ${names}: what a client sends there fails with NOT_FOUND`,
  );
}
