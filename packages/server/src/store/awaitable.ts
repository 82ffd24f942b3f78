/** A value, or a promise of it. A store in memory returns values, so that its callers do not wait. */
export type Awaitable<Value> = Value | Promise<Value>;
