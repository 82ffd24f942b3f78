/** A user who presses no key for this time has stopped typing, in ms. */
const idleTime = 3_000;
/** While the user is typing, the page repeats its report after this time, in ms. The server forgets a report after 6,000. */
const repeatTime = 2_000;

/** Reports to the server whether the user is typing. */
export type TypingReporter = {
  /** The user has pressed a key, and there is text. */
  readonly onInput: () => void;
  /** The user has sent or deleted the text. */
  readonly onStop: () => void;
};

/** Creates a reporter that calls `report` when the user starts or stops typing, and every two seconds in between. */
export function createTypingReporter(report: (isTyping: boolean) => void): TypingReporter {
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  let reportedAt: number | undefined;

  function onStop(): void {
    clearTimeout(idleTimer);
    if (reportedAt === undefined) return;
    reportedAt = undefined;
    report(false);
  }

  return {
    onStop,
    onInput() {
      clearTimeout(idleTimer);
      idleTimer = setTimeout(onStop, idleTime);
      const now = Date.now();
      if (reportedAt !== undefined && now - reportedAt < repeatTime) return;
      reportedAt = now;
      report(true);
    },
  };
}
