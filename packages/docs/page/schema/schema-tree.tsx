import { type ReactNode, useState } from "react";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/schemas/json.ts";
import { describeBounds, describeType } from "./describe-schema.ts";
import { choicesOf, isRequired, mergeParts, referenceName, resolve, type Schemas } from "./resolve.ts";

interface TreeProps {
  readonly schema: JsonObject;
  readonly schemas: Schemas;
}

/** A schema as a tree, which a reader opens as deep as it goes: a schema may contain itself. */
export function SchemaTree({ schema, schemas }: TreeProps): ReactNode {
  return (
    <ul className="tree">
      <SchemaNode schema={schema} schemas={schemas} depth={0} />
    </ul>
  );
}

interface NodeProps extends TreeProps {
  readonly name?: string;
  readonly required?: boolean;
  readonly depth: number;
}

function SchemaNode({ name, required = true, schema: given, schemas, depth }: NodeProps): ReactNode {
  const schema = mergeParts(resolve(given, schemas), schemas);
  const children = childrenOf(schema);
  const [isOpen, setIsOpen] = useState(depth < 2);
  const label = (
    <>
      {name !== undefined && <code className="property">{name}</code>}
      {!required && <span className="hint">optional</span>}
      <span className="type">{referenceName(given) ?? describeType(schema)}</span>
      {describeBounds(schema).map((bound) => (
        <span className="hint" key={bound}>
          {bound}
        </span>
      ))}
      {typeof schema["description"] === "string" && (
        <span className="description">{schema["description"]}</span>
      )}
    </>
  );
  if (children.length === 0) return <li>{label}</li>;
  return (
    <li>
      <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>{label}</summary>
        {isOpen && (
          <ul>
            {children.map((child) => (
              <SchemaNode key={child.name} {...child} schemas={schemas} depth={depth + 1} />
            ))}
          </ul>
        )}
      </details>
    </li>
  );
}

type Child = Pick<NodeProps, "schema" | "required"> & { readonly name: string };

function childrenOf(schema: JsonObject): readonly Child[] {
  const { properties, items, additionalProperties } = schema;
  const named = Object.entries(isJsonObject(properties) ? properties : {}).flatMap(([name, inner]) =>
    isJsonObject(inner) ? [{ name, schema: inner, required: isRequired(schema, name) }] : [],
  );
  const others = isJsonObject(additionalProperties)
    ? [{ name: "[any name]", schema: additionalProperties }]
    : [];
  const choices = choicesOf(schema)
    .filter((choice) => !isSimple(choice))
    .map((choice, index) => ({ name: `choice ${index + 1}`, schema: choice }));
  return [...named, ...others, ...itemsOf(items), ...choices];
}

function itemsOf(items: JsonValue | undefined): readonly Child[] {
  if (Array.isArray(items))
    return items.filter(isJsonObject).map((schema, index) => ({ name: `[${index}]`, schema }));
  return isJsonObject(items) && !isSimple(items) ? [{ name: "[each item]", schema: items }] : [];
}

/** Whether the words of the type say all: there is nothing to open. */
function isSimple(schema: JsonObject): boolean {
  return (
    referenceName(schema) === undefined &&
    !isJsonObject(schema["properties"]) &&
    schema["allOf"] === undefined &&
    choicesOf(schema).every(isSimple) &&
    (schema["items"] === undefined || (isJsonObject(schema["items"]) && isSimple(schema["items"])))
  );
}
