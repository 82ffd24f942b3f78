import { Asked, type ErrorSchemas } from "./asked.ts";
import { Calls } from "./calls.ts";
import type { Kind } from "./kind.ts";
import { type Schema, validate } from "./schema.ts";

/** What a request is made of. */
export interface RequestDefinition {
  /** What is asked with. */
  readonly input: Schema;
  /** What is answered. */
  readonly output: Schema;
  /** The codes of the errors it may fail with, each with the schema of the error's data. */
  readonly errors?: ErrorSchemas;
}

/** A message that is answered once. */
export interface RequestKind<D extends RequestDefinition = RequestDefinition> extends Kind {
  readonly t: "request";
  /** The schemas, as they were given. */
  readonly definition: D;
}

/** Declares a message that is answered once, with `output` or an error. Each half carries the code only when it is used. */
export function request<const D extends RequestDefinition>(definition: D): RequestKind<D> {
  const { input, output, errors = {} } = definition;
  return {
    t: "request",
    definition,
    calls: (line) => new Calls(line),
    ask: (asker, data, options) =>
      new Promise((resolve, reject) => {
        const asked = new Asked(asker, data, options, errors, {
          heard(frame) {
            if (frame.t !== "reply") return;
            asked.close();
            resolve(new Promise((checked) => checked(validate(output, frame.data))));
          },
          failed: reject,
        });
      }),
    serve(call) {
      const gone = new AbortController();
      return {
        hear(frame) {
          if (frame !== undefined && frame.t !== "cancel") return;
          call.close();
          gone.abort();
        },
        async run(data, deadline, handle) {
          if (gone.signal.aborted) return;
          const reply = await handle(await validate(input, data), { signal: gone.signal, deadline });
          call.send(call.write({ t: "reply", data: reply }));
          call.close();
        },
      };
    },
  };
}
