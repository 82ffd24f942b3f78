import { type AnyContract, revision } from "./contract.ts";

const brand: unique symbol = Symbol.for("symbolon.contract");

/**
 * Checks that a contract works with this copy of the protocol.
 * @throws TypeError when `contract` did not make it, or a copy of another revision did.
 */
export function checkContract(contract: AnyContract): void {
  const { [brand]: found } = Object(contract) as { readonly [brand]?: number };
  if (found === revision) return;
  if (found === undefined)
    throw new TypeError(
      "this is no contract, or an older version of @symbolon/protocol made it: make it by `contract` of @symbolon/protocol",
    );
  throw new TypeError(
    `the contract ${JSON.stringify(contract.path)} was made by another version of @symbolon/protocol (revision ${found}, not ${revision}): install one version, see \`npm ls @symbolon/protocol\``,
  );
}
