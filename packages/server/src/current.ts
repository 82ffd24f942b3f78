import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, type RouteSchemas, setContextRunner } from "./request/context.ts";

/** The context without the types of a route: the parts of the request, and the values that hooks provided, both of unknown types. */
export type CurrentContext = Context<string, RouteSchemas> & Readonly<Record<string, unknown>>;

const storage = new AsyncLocalStorage<CurrentContext>();

// Connections that were open before this module was first imported have no current context: until then it costs nothing.
setContextRunner((context, run) => storage.run(context as CurrentContext, run));

/**
 * The context of the hook or handler that is running, anywhere in its async flow.
 * @throws Error outside of hooks and handlers.
 * @example
 *   const log = (line: string) => console.log(current().request.url, line);
 */
export function current(): CurrentContext {
  const context = storage.getStore();
  if (context === undefined)
    throw new Error(
      "there is no current context: call current() while a hook or handler runs, in code that it called or awaits",
    );
  return context;
}
