/** A promise, and the function that resolves it: a test decides when code that waits for it goes on. */
export function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = () => resolve()));
  return { open, passed };
}

/** A gate that resolves with a value. */
export function valueGate<Value>(): {
  readonly open: (value: Value) => void;
  readonly passed: Promise<Value>;
} {
  let open = (_value: Value): void => {};
  const passed = new Promise<Value>((resolve) => (open = resolve));
  return { open, passed };
}
