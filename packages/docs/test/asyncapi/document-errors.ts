import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import type { AsyncApiDocument } from "../../src/index.ts";

const { resolve } = createRequire(import.meta.url);

/** Without its own copy of draft 7: the schema of AsyncAPI has one. */
const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
const isDocument = ajv.compile(
  JSON.parse(readFileSync(resolve("@asyncapi/specs/schemas/3.0.0.json"), "utf8")) as object,
);

type Loose = Readonly<Record<string, unknown>>;
interface Found {
  readonly place: string;
  readonly target: string;
}

/**
 * What is wrong with a document: by the schema of AsyncAPI 3.0, and by the rules that a schema cannot have. Each reference
 * leads somewhere, an operation has messages of its channel alone, and an address has the parameters of the channel.
 */
export function documentErrors(document: AsyncApiDocument): readonly string[] {
  const errors: string[] = [];
  if (!isDocument(document))
    errors.push(
      ...(isDocument.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`),
    );
  for (const { place, target } of references(document, "#"))
    if (find(document, target) === undefined) errors.push(`${place}: ${target} leads nowhere`);
  for (const [key, operation] of Object.entries(document.operations)) {
    const own = Object(operation) as { channel: { $ref: string }; messages: object; reply?: object };
    for (const { target } of references([own.messages, own.reply ?? {}], key))
      if (!target.startsWith(`${own.channel.$ref}/messages/`) && target !== own.channel.$ref)
        errors.push(`${key}: ${target} is a message of another channel`);
  }
  for (const [key, channel] of Object.entries(document.channels)) {
    const { address, parameters = {} } = channel as { address: string; parameters?: object };
    const named = Array.from(address.matchAll(/\{([^}]+)\}/g), ([, name]) => name);
    if (named.join() !== Object.keys(parameters).join())
      errors.push(`${key}: ${address} has other parameters`);
  }
  return errors;
}

function references(value: unknown, place: string): readonly Found[] {
  if (typeof value !== "object" || value === null) return [];
  const { $ref } = value as { readonly $ref?: unknown };
  const own = typeof $ref === "string" ? [{ place, target: $ref }] : [];
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => references(inner, `${place}/${name}`))];
}

function find(document: AsyncApiDocument, target: string): unknown {
  const [start, ...names] = target.split("/");
  if (start !== "#") return undefined;
  return names.reduce<unknown>((value, name) => (Object(value) as Loose)[name], document);
}
