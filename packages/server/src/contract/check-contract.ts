import type { AnyContract } from "@symbolon/protocol";
import { revision } from "@symbolon/protocol/internal";

const brand = Symbol.for("symbolon.contract");
/** The contracts whose missing handlers were reported. */
const reported = new WeakSet<AnyContract>();

/**
 * Checks that a contract works with this copy of the protocol.
 * @throws TypeError when `contract` did not make it, or a copy of another revision did.
 */
export function checkContract(contract: AnyContract): void {
  const { [brand]: found } = Object(contract) as { readonly [brand]?: number };
  if (found === undefined)
    throw new TypeError(
      "this is no contract, or an older version of @symbolon/protocol made it: make it by `contract` of @symbolon/protocol",
    );
  if (found !== revision)
    throw new TypeError(
      `the contract ${JSON.stringify(contract.path)} was made by another version of @symbolon/protocol (revision ${found}, not ${revision}): install one version, see \`npm ls @symbolon/protocol\``,
    );
}

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
