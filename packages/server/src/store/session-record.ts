import type { Progress, SessionCommit } from "./session-store.ts";

/** What is wrong with a record, whatever its session is, as a sentence for a `RangeError`; undefined when it may be right. */
export function findInvalidRecord({
  outgoing = [],
  acknowledged,
  received,
}: SessionCommit): string | undefined {
  const first = outgoing[0]?.sequence ?? 0;
  for (const [index, { sequence }] of outgoing.entries())
    if (sequence !== first + index) return `outgoing: sequence ${sequence} must be ${first + index}`;
  return findInvalidProgress("acknowledged", acknowledged) ?? findInvalidProgress("received", received);
}

/** The same for one field of a record. */
export function findInvalidProgress(field: string, progress: Progress | undefined): string | undefined {
  if (progress === undefined) return undefined;
  const { upTo, pending } = progress;
  if (!Number.isSafeInteger(upTo)) return `${field}: upTo ${upTo} must be an integer`;
  const wrong = pending.find(
    (sequence, index) => !(sequence > (pending[index - 1] ?? 0) && sequence <= upTo),
  );
  return wrong === undefined
    ? undefined
    : `${field}: pending must ascend from 1 to ${upTo}, and has ${wrong}`;
}
