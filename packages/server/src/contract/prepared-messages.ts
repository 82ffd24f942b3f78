import {
  type AnyContract,
  type ContractDefinition,
  type Messages,
  request,
  type Schema,
  stream,
} from "@symbolon/protocol";
import { isThenable, runOnce } from "@symbolon/protocol/internal";

/** What a schema answers for a value. */
type Answer = ReturnType<Schema["~standard"]["validate"]>;
type Result = Awaited<Answer>;
type Issue = NonNullable<Result["issues"]>[number];
/** What a schema of zod makes of a value. */
interface Payload {
  readonly value: unknown;
  readonly issues: readonly unknown[];
}
/** A schema of zod 4, and what runs it. */
interface ZodSchema extends Schema {
  readonly _zod: {
    readonly run: (payload: Payload, context: { readonly async: boolean }) => Payload | Promise<Payload>;
  };
}

/** How messages arrive: `json` if the contract has no codec that carries more types than JSON. */
interface Carried {
  readonly json?: boolean;
}

const prepared = new WeakMap<Messages, Messages>();
const preparedForJson = new WeakMap<Messages, Messages>();

/** The messages of a contract's client and those of its server, as peers use them. */
export function messagesOf({ definition }: AnyContract): readonly [client: Messages, server: Messages] {
  const { client = {}, server = {}, codec }: ContractDefinition = definition;
  const carried = { json: codec === undefined };
  return [prepareMessages(client, carried), prepareMessages(server, carried)];
}

/**
 * The same messages, made once for all clients: the schemas of zod among them run once for each message, and directly. An
 * issue of a value whose type was lost in JSON says so.
 */
export function prepareMessages(messages: Messages, { json = false }: Carried = {}): Messages {
  const all = json ? preparedForJson : prepared;
  const known = all.get(messages);
  if (known !== undefined) return known;
  const ready = (schema: Schema): Schema => (json ? namingLostTypes(prepare(schema)) : prepare(schema));
  const made = Object.fromEntries(
    Object.entries(messages).map(([name, message]): [string, Messages[string]] => {
      if ("~standard" in message) return [name, ready(message)];
      const { definition } = message;
      const schemas = { input: ready(definition.input), output: ready(definition.output) };
      if (message.t === "request") return [name, request({ ...definition, ...schemas })];
      const { upload } = message.definition;
      return [name, stream({ ...definition, ...schemas, ...(upload && { upload: ready(upload) }) })];
    }),
  );
  all.set(messages, made);
  return made;
}

/**
 * The interface of zod for other libraries is made anew for a schema that has to run once, which is slow. A zod whose schemas
 * have it as a property of their own is not known here: its schemas run as those of other libraries do.
 */
function prepare(schema: Schema): Schema {
  if (!("_zod" in schema) || !("~standard" in Object.getPrototypeOf(schema))) return schema;
  const zod = schema as ZodSchema;
  const answer = (ran: Payload): Answer =>
    ran.issues.length === 0 ? { value: ran.value } : refuse(zod, ran);
  const validate = (value: unknown): Answer => {
    const ran = zod._zod.run({ value, issues: [] }, { async: true });
    return ran instanceof Promise ? ran.then(answer) : answer(ran);
  };
  return { "~standard": { version: 1, vendor: "zod", validate } };
}

/** Has zod write its issues for other libraries, which it does when it runs; here it has run already. */
function refuse(schema: ZodSchema, ran: Payload): Answer {
  // Not made of the schema itself: it has its own interface as soon as another library has read it.
  const other = { __proto__: Object.getPrototypeOf(schema), _zod: { run: () => ran } } as unknown as Schema;
  return other["~standard"].validate(ran.value);
}

/** A type that JSON does not carry: how schemas name it, and what JSON makes of its values. */
const lostTypes: readonly (readonly [type: string, isTrace: (value: unknown) => boolean])[] = [
  ["Date", (value) => typeof value === "string" && new Date(value).toJSON() === value],
  ["Map", isEmptyObject],
  ["Set", isEmptyObject],
  ["Uint8Array", (value) => !Array.isArray(value) && (isEmptyObject(value) || "0" in Object(value))],
];
/** The type in the issue of zod, valibot or arktype. Of a long text only the beginning is read. */
const expected = /\b(?:expected|must be|instance of) (?:an? )?(Date|Map|Set|Uint8Array)\b/i;

/** The same schema. The issue of a value that looks as JSON leaves a value of the expected type names the codec to use. */
function namingLostTypes(schema: Schema): Schema {
  const { version, vendor } = schema["~standard"];
  const validate = (value: unknown): Answer => {
    const answer = ("_zod" in schema ? runOnce(schema) : schema)["~standard"].validate(value);
    return isThenable(answer) ? answer.then((late) => explain(late, value)) : explain(answer, value);
  };
  return { "~standard": { version, vendor, validate } };
}

function explain(answer: Result, value: unknown): Result {
  if (!answer.issues) return answer;
  return {
    issues: answer.issues.map((issue) => {
      const [, name = ""] = expected.exec(issue.message.slice(0, 200)) ?? [];
      const lost = lostTypes.find(([type]) => type.toLowerCase() === name.toLowerCase());
      if (!lost?.[1](valueAt(value, issue.path))) return issue;
      return {
        ...issue,
        message: `${issue.message} (JSON carries no ${lost[0]}: give the contract codec: msgpack)`,
      };
    }),
  };
}

/** The part of a value that an issue is about. */
function valueAt(value: unknown, path: Issue["path"] = []): unknown {
  return path.reduce<unknown>((part, step) => {
    const key = typeof step === "object" ? step.key : step;
    return (Object(part) as Readonly<Record<PropertyKey, unknown>>)[key];
  }, value);
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && Object.keys(value).length === 0 && !Array.isArray(value)
  );
}
