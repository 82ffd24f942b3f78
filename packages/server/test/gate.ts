/** Something to wait for, and how to let it happen. */
export function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = () => resolve()));
  return { open, passed };
}
