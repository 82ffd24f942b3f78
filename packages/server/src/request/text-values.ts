import { type Schema, ValidationError } from "@symbolon/protocol";
import { isThenable, runOnce, validate } from "@symbolon/protocol/internal";

/** What a schema answers for a value. */
type Result = Exclude<ReturnType<Schema["~standard"]["validate"]>, PromiseLike<unknown>>;
type Issue = NonNullable<Result["issues"]>[number];

/** How often a schema runs; each time, every value that it has refused takes its next form. */
const maxTries = 100;
/** How many texts are read in other forms: each form of many would cost a client little, and the server much. */
const maxTexts = 256;
/** A number as JSON writes it. */
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
/** A moment in ISO 8601, as `toISOString` writes it, with any offset. */
const moment = /^([+-]\d\d)?\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
/** The codes by which zod and arktype report a value of another type. */
const typeCodes: readonly unknown[] = ["invalid_type", "invalid_union", "domain", "proto", "union"];

type Texts = Readonly<Record<string, unknown>>;

/**
 * Reads what has arrived as text. The schema gets strings first. Where it refuses one, it gets the text as a number, a bigint,
 * a boolean or a date, and then as an array of one; of more than 256 texts it gets none of that. A schema that accepts the
 * strings runs once.
 * @returns what the schema made of it; a promise when the schema is asynchronous, or gets other forms.
 * @throws ValidationError, or rejects with it, when the schema accepts no form.
 */
export function readText(schema: Schema, texts: Texts): unknown {
  const retry = (error: unknown): Promise<unknown> => {
    if (!(error instanceof ValidationError)) throw error;
    if (Object.values(texts).flat().length <= maxTexts) return readForms(schema, texts);
    const message = `more than ${maxTexts} values are read as text alone`;
    throw new ValidationError([{ message }, ...error.issues]);
  };
  try {
    const result = validate(schema, texts);
    return isThenable(result) ? Promise.resolve(result).catch(retry) : result;
  } catch (error) {
    return retry(error);
  }
}

async function readForms(schema: Schema, texts: Texts): Promise<unknown> {
  const fields = new Map(
    Object.entries(texts).map(([name, text]): [unknown, Field] => [name, fieldOf(text)]),
  );
  const reports = new Map<unknown, Issue[][]>();
  let values = texts;
  for (let tries = 1; ; tries += 1) {
    const result = await run(schema, values);
    if (result.issues === undefined) return result.value;
    const failed = byName(result.issues);
    let changed = false;
    for (const [name, issues] of failed) {
      reports.set(name, [...(reports.get(name) ?? []), issues]);
      for (const index of new Set(issues.map(({ path = [] }) => keyOf(path[1]))))
        changed = (fields.get(name)?.change(index) ?? false) || changed;
    }
    // A union of objects does not report which value it refuses.
    if (!changed && tries === 1) for (const field of fields.values()) changed = field.change() || changed;
    if (!changed || tries === maxTries)
      throw new ValidationError([...failed.keys()].flatMap((name) => mostTelling(reports.get(name) ?? [])));
    // Not an assignment: a name may be "__proto__".
    values = Object.fromEntries(Array.from(fields, ([name, { value }]) => [name, value]));
  }
}

async function run(schema: Schema, value: unknown): Promise<Result> {
  return ("_zod" in schema ? runOnce(schema) : schema)["~standard"].validate(value);
}

/** Issues by the name of the value that they are about. */
function byName(issues: readonly Issue[]): Map<unknown, Issue[]> {
  const names = new Map<unknown, Issue[]>();
  for (const issue of issues) {
    const name = keyOf(issue.path?.[0]);
    names.set(name, [...(names.get(name) ?? []), issue]);
  }
  return names;
}

function keyOf(step: NonNullable<Issue["path"]>[number] | undefined): unknown {
  return typeof step === "object" ? step.key : step;
}

/** The first report about a form of the right type; otherwise the report about the text. */
function mostTelling(reports: readonly Issue[][]): readonly Issue[] {
  return reports.find((issues) => !issues.some(isTypeIssue)) ?? reports[0] ?? [];
}

function isTypeIssue(issue: Issue): boolean {
  const { code, kind } = issue as { readonly code?: unknown; readonly kind?: unknown };
  return kind === "schema" || typeCodes.includes(code);
}

/** The value of one name. */
interface Field {
  /** Its present form. */
  readonly value: unknown;
  /** Takes the next form; of an array, the item at `index` does. Returns false after the last one. */
  change(index?: unknown): boolean;
}

function fieldOf(texts: unknown): Field {
  if (typeof texts === "string") return new TextField(texts);
  return Array.isArray(texts) ? new ArrayField(texts.map(itemOf)) : { value: texts, change: () => false };
}

function itemOf(text: string): Item {
  return new Item(text);
}

/** A text: alone, or an item of an array. */
class Item implements Field {
  readonly #forms: unknown[];

  constructor(text: string) {
    this.#forms = [text];
    if (jsonNumber.test(text)) this.#forms.push(Number(text));
    if (/^-?\d+$/.test(text)) this.#forms.push(BigInt(text));
    if (text === "true" || text === "false") this.#forms.push(text === "true");
    if (moment.test(text)) this.#forms.push(new Date(text));
  }

  get value(): unknown {
    return this.#forms[0];
  }

  change(): boolean {
    if (this.#forms.length === 1) return false;
    this.#forms.shift();
    return true;
  }
}

/** A name that occurs once. */
class TextField implements Field {
  readonly #item: Item;
  readonly #array: ArrayField;
  #present: Field;

  constructor(text: string) {
    this.#item = new Item(text);
    this.#array = new ArrayField([new Item(text)]);
    this.#present = this.#item;
  }

  get value(): unknown {
    return this.#present.value;
  }

  change(index?: unknown): boolean {
    if (this.#present.change(index)) return true;
    const last = this.#present === this.#array;
    this.#present = this.#array;
    return !last;
  }
}

/** A name that is repeated. */
class ArrayField implements Field {
  readonly #items: readonly Item[];

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  get value(): unknown {
    return this.#items.map(({ value }) => value);
  }

  change(index?: unknown): boolean {
    const items = this.#items[index as number];
    return (items === undefined ? this.#items : [items]).reduce(
      (changed, item) => item.change() || changed,
      false,
    );
  }
}
