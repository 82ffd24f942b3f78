import { type ReactNode, useId, useState } from "react";
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/schemas/json.ts";
import { describeBounds, describeType } from "./describe-schema.ts";
import { exampleOf } from "./example.ts";
import {
  choicesOf,
  isRequired,
  mergeParts,
  referenceName,
  resolve,
  type Schemas,
  typesOf,
} from "./resolve.ts";

/** A field of a form. */
export interface FieldProps {
  /** What the field is for. */
  readonly label: string;
  readonly schema: JsonObject;
  readonly schemas: Schemas;
  /** Undefined when the value is left out. */
  readonly value: JsonValue | undefined;
  readonly onChange: (value: JsonValue | undefined) => void;
  /** It may be left out. */
  readonly optional?: boolean;
}

/** A field, or a group of them, for a value of a schema. */
export function ValueField(props: FieldProps): ReactNode {
  const schema = mergeParts(resolve(props.schema, props.schemas), props.schemas);
  const choices = choicesOf(schema);
  const own = { ...props, schema };
  if (schema["const"] !== undefined) return <ConstantField {...own} />;
  if (Array.isArray(schema["enum"])) return <ChoiceField {...own} values={schema["enum"]} />;
  if (choices.length > 0) return <VariantField {...own} choices={choices} />;
  switch (typesOf(schema)[0]) {
    case "object":
      return isJsonObject(schema["properties"]) ? <ObjectField {...own} /> : <JsonField {...own} />;
    case "array":
      return isJsonObject(schema["items"]) ? (
        <ListField {...own} items={schema["items"]} />
      ) : (
        <JsonField {...own} />
      );
    case "boolean":
      return <ChoiceField {...own} values={[true, false]} />;
    case "string":
    case "integer":
    case "number":
      return <TextField {...own} />;
    default:
      return <JsonField {...own} />;
  }
}

function Field({ props, id, children }: { props: FieldProps; id: string; children: ReactNode }): ReactNode {
  const hints = [describeType(props.schema), ...describeBounds(props.schema)];
  return (
    <div className="field">
      <label htmlFor={id}>
        {props.label} {props.optional && <span className="hint">optional</span>}
      </label>
      {children}
      <span className="hint" id={`${id}-hint`}>
        {hints.join(", ")}
      </span>
    </div>
  );
}

function ConstantField(props: FieldProps): ReactNode {
  const id = useId();
  return (
    <Field props={props} id={id}>
      <output id={id}>{JSON.stringify(props.schema["const"])}</output>
    </Field>
  );
}

function TextField(props: FieldProps): ReactNode {
  const { schema, value, onChange, optional = false } = props;
  const id = useId();
  const isText = typesOf(schema)[0] === "string";
  const set = (text: string): void => {
    if (text === "" && (optional || !isText)) onChange(optional ? undefined : null);
    else onChange(isText ? text : toNumber(text));
  };
  const shared = {
    id,
    "aria-describedby": `${id}-hint`,
    value: typeof value === "string" ? value : typeof value === "number" ? String(value) : "",
    onChange: (event: { readonly target: { readonly value: string } }) => set(event.target.value),
  };
  const { maxLength } = schema;
  return (
    <Field props={props} id={id}>
      {isText && typeof maxLength === "number" && maxLength > 200 ? (
        <textarea rows={2} {...shared} />
      ) : (
        <input type="text" inputMode={isText ? "text" : "decimal"} autoComplete="off" {...shared} />
      )}
    </Field>
  );
}

/** Another text is sent as it is: the server says what is wrong. */
function toNumber(text: string): JsonValue {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

function ChoiceField(props: FieldProps & { readonly values: readonly JsonValue[] }): ReactNode {
  const { values, value, onChange, optional = false } = props;
  const id = useId();
  const chosen = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
  return (
    <Field props={props} id={id}>
      <select
        id={id}
        value={chosen}
        onChange={(event) => onChange(values[Number(event.target.value)])}
        aria-describedby={`${id}-hint`}
      >
        {(optional || chosen < 0) && <option value={-1}>–</option>}
        {values.map((one, index) => (
          <option key={JSON.stringify(one)} value={index}>
            {typeof one === "string" ? one : JSON.stringify(one)}
          </option>
        ))}
      </select>
    </Field>
  );
}

function ObjectField({ label, schema, schemas, value, onChange, optional = false }: FieldProps): ReactNode {
  const properties = schema["properties"];
  const object = isJsonObject(value) ? value : {};
  if (optional && value === undefined)
    return (
      <button type="button" className="quiet" onClick={() => onChange(exampleOf(schema, schemas))}>
        Add {label}
      </button>
    );
  return (
    <fieldset>
      <legend>{label}</legend>
      {Object.entries(isJsonObject(properties) ? properties : {}).map(([name, inner]) =>
        isJsonObject(inner) ? (
          <ValueField
            key={name}
            label={name}
            schema={inner}
            schemas={schemas}
            value={object[name]}
            optional={!isRequired(schema, name)}
            onChange={(next) => onChange(withField(object, name, next))}
          />
        ) : null,
      )}
      {optional && (
        <button type="button" className="quiet" onClick={() => onChange(undefined)}>
          Leave out {label}
        </button>
      )}
    </fieldset>
  );
}

function withField(object: JsonObject, name: string, value: JsonValue | undefined): JsonObject {
  const { [name]: _, ...others } = object;
  return value === undefined ? others : { ...object, [name]: value };
}

function ListField(props: FieldProps & { readonly items: JsonObject }): ReactNode {
  const { label, items, schemas, value, onChange, optional = false } = props;
  const list = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
  return (
    <fieldset>
      <legend>{label}</legend>
      {list.map((item, index) => (
        <div className="item" key={index}>
          <ValueField
            label={`${label} ${index + 1}`}
            schema={items}
            schemas={schemas}
            value={item}
            onChange={(next) => onChange(list.with(index, next ?? null))}
          />
          <button
            type="button"
            className="quiet"
            aria-label={`Remove ${label} ${index + 1}`}
            onClick={() => {
              const rest = list.toSpliced(index, 1);
              onChange(optional && rest.length === 0 ? undefined : rest);
            }}
          >
            Remove
          </button>
        </div>
      ))}
      <button type="button" className="quiet" onClick={() => onChange([...list, exampleOf(items, schemas)])}>
        Add to {label}
      </button>
    </fieldset>
  );
}

function VariantField(props: FieldProps & { readonly choices: readonly JsonObject[] }): ReactNode {
  const { label, choices, schemas, onChange } = props;
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const names = choices.map((choice) => referenceName(choice) ?? describeType(resolve(choice, schemas)));
  const schema = choices[chosen] ?? {};
  return (
    <fieldset>
      <legend>{label}</legend>
      <label htmlFor={id}>One of</label>
      <select
        id={id}
        value={chosen}
        onChange={(event) => {
          const next = Number(event.target.value);
          setChosen(next);
          onChange(exampleOf(choices[next] ?? {}, schemas));
        }}
      >
        {names.map((name, index) => (
          <option key={index} value={index}>
            {name}
          </option>
        ))}
      </select>
      <ValueField {...props} schema={schema} />
    </fieldset>
  );
}

/** A value as JSON, for what no form can be made of. */
export function JsonField({ label, value, onChange }: Omit<FieldProps, "schema" | "schemas">): ReactNode {
  const id = useId();
  const [text, setText] = useState(() => toText(value));
  const [shown, setShown] = useState(value);
  const [problem, setProblem] = useState("");
  if (shown !== value) {
    setShown(value);
    setText(toText(value));
    setProblem("");
  }
  const set = (next: string): void => {
    setText(next);
    try {
      const parsed = next.trim() === "" ? undefined : (JSON.parse(next) as JsonValue);
      setShown(parsed);
      setProblem("");
      onChange(parsed);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label} as JSON</label>
      <textarea
        id={id}
        ref={(element) => element?.setCustomValidity(problem)} // the form is not sent meanwhile
        rows={Math.min(12, Math.max(2, text.split("\n").length))}
        spellCheck={false}
        aria-invalid={problem !== ""}
        aria-describedby={`${id}-problem`}
        value={text}
        onChange={(event) => set(event.target.value)}
      />
      <span className="problem" id={`${id}-problem`} role="status">
        {problem}
      </span>
    </div>
  );
}

function toText(value: JsonValue | undefined): string {
  return value === undefined ? "" : JSON.stringify(value, undefined, 2);
}
