/** After so many ms without a key one writes no more. */
const quietAfter = 3_000;
/** While one goes on writing it is said again after so many ms: the server forgets it in 6,000. */
const saidAgainAfter = 2_000;

/** Someone in front of the composer. */
export type Typist = {
  /** A key was pressed, and there is something written. */
  readonly writes: () => void;
  /** What was written is sent, or deleted. */
  readonly stops: () => void;
};

/** Notices from the keys whether someone is writing, and tells `say` of it, not too often. */
export function createTypist(say: (writes: boolean) => void): Typist {
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let said: number | undefined;

  function stops(): void {
    clearTimeout(quiet);
    if (said === undefined) return;
    said = undefined;
    say(false);
  }

  return {
    stops,
    writes() {
      clearTimeout(quiet);
      quiet = setTimeout(stops, quietAfter);
      const now = Date.now();
      if (said !== undefined && now - said < saidAgainAfter) return;
      said = now;
      say(true);
    },
  };
}
