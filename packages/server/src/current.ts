import { AsyncLocalStorage } from "node:async_hooks";
import { setContextRunner } from "./request/around.ts";
import type { Context, RouteSchemas } from "./request/context.ts";

/** The context as code far from its handler knows it: the request and its parts, and whatever hooks provided. */
export type CurrentContext = Context<string, RouteSchemas> & Readonly<Record<string, unknown>>;

const storage = new AsyncLocalStorage<CurrentContext>();

// What was open before this module was first imported has no context; there is nothing to pay until then.
setContextRunner((context, run) => storage.run(context as CurrentContext, run));

/**
 * The context of the present hook or handler, anywhere in its async flow.
 * @throws Error outside of one.
 */
export function current(): CurrentContext {
  const context = storage.getStore();
  if (context === undefined)
    throw new Error(
      "there is no current context: call current() while a hook or handler runs, in code that it called or awaits",
    );
  return context;
}
