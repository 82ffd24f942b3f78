/** So many events, `w`, of so many characters in all, `wb`, may be unfinished at the half that grants it. */
export interface Credit {
  readonly w: number;
  readonly wb: number;
}

/** Whether what is unfinished leaves no room for an event; `sizes` are the characters of the events, 0 of what takes no room. */
export function isFull({ w, wb }: Credit, sizes: Iterable<number>): boolean {
  for (const size of sizes) {
    if (size) w -= 1;
    wb -= size;
  }
  return w <= 0 || wb <= 0;
}
