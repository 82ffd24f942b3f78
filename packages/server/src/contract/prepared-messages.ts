import { type Messages, request, type Schema } from "@symbolon/protocol";

/** What a schema answers for a value. */
type Answer = ReturnType<Schema["~standard"]["validate"]>;
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

const prepared = new WeakMap<Messages, Messages>();

/** The same messages, made once for all clients: the schemas of zod among them run once for each message, and directly. */
export function prepareMessages(messages: Messages): Messages {
  const known = prepared.get(messages);
  if (known !== undefined) return known;
  const made = Object.fromEntries(
    Object.entries(messages).map(([name, message]): [string, Messages[string]] => {
      if ("~standard" in message) return [name, prepare(message)];
      if (message.t === "stream") return [name, message];
      const { definition } = message;
      return [name, request({ ...definition, input: prepare(definition.input) })];
    }),
  );
  prepared.set(messages, made);
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
