/**
 * What all copies of this package share in a process: a package of hooks or handlers may resolve another copy than the app.
 * Change the name with the shape of the value: a copy of another version must not get it.
 * @returns what the first copy that asked for this name has made.
 */
export function sharedByCopies<Value>(name: string, make: () => Value): Value {
  const shared = globalThis as { [key: symbol]: unknown };
  return (shared[Symbol.for(`symbolon.${name}`)] ??= make()) as Value;
}
