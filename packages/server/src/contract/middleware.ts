import type { AnyContract } from "@symbolon/protocol";
import type { Call, Incoming } from "./setup.ts";

/** Handles the input of one kind of message. */
export type Handler<C extends AnyContract> = (input: unknown, call: Call<C>) => unknown;

/** What all messages of one name have, for one client. */
export type MessageSource = Pick<Incoming<AnyContract>, "name" | "type" | "context">;

/** The middleware of any contract. */
export type AnyMiddleware = (message: never, next: () => unknown) => unknown;

/** A handler that middleware surrounds, the first of them outermost. Without middleware it is the handler itself. */
export function withMiddleware<C extends AnyContract>(
  middleware: readonly AnyMiddleware[],
  source: MessageSource,
  handler: Handler<C>,
): Handler<C> {
  return middleware.reduceRight<Handler<C>>(
    (next, each) => (input, call) => {
      let isCalled = false;
      const message = { ...source, input, call };
      return each(message as never, () => {
        if (isCalled)
          throw new TypeError(`middleware called next() twice for ${JSON.stringify(source.name)}`);
        isCalled = true;
        return next(input, call);
      });
    },
    handler,
  );
}
