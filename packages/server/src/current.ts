import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, contexts, type RouteSchemas } from "./request/context.ts";

/** The context without the types of a route: the parts of the request, and the values that hooks provided, both of unknown types. */
export type CurrentContext = Context<string, RouteSchemas> & Readonly<Record<string, unknown>>;

// Connections that were open before this module was first imported have no current context: until then it costs nothing.
contexts.storage ??= new AsyncLocalStorage();

/**
 * The context of the hook or handler that is running, anywhere in its async flow.
 * @throws Error outside of hooks and handlers.
 * @example
 *   const log = (line: string) => console.log(current().request.url, line);
 */
export function current(): CurrentContext {
  const context = contexts.storage?.getStore() as CurrentContext | undefined;
  if (context === undefined)
    throw new Error(
      "there is no current context: call current() while a hook or handler runs, in code that it called or awaits",
    );
  return context;
}
