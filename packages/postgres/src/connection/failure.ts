/** What an error of a connection means for a call. */

/** An error that asking again does not end, until what it says is done. */
export class SetupError extends Error {
  override readonly name = "SetupError";
}

/** The server is starting, is ending, is a replica, or has stopped the call in favour of another one. */
const temporary = /^(08|40|55P03|57P0|25006|53300)/;
/** The schema or the function is missing: it was dropped, and the store makes it again. */
const missing = /^(3F000|42704|42883|42P01)/;

/** Whether a call may succeed when it is made again: PostgreSQL has not run it, or the answer is lost. */
export function canRetry(error: Error): boolean {
  if (error instanceof SetupError) return false;
  const code = codeOf(error);
  return code === undefined || temporary.test(code) || missing.test(code);
}

/** Whether a new connection is needed, which may lead to another server, and makes the schema again. */
export function needsConnection(error: Error): boolean {
  return /^(25006|57P0)/.test(codeOf(error) ?? "") || missing.test(codeOf(error) ?? "");
}

/** The error of a connection that cannot be prepared: one that asking again does not end is a `SetupError`. */
export function connectionFailure(error: Error): Error {
  if (codeOf(error) === "42883" && error.message.includes("pg_"))
    return new SetupError(
      `the store needs a server with all functions of PostgreSQL, to learn whether it lost something: ${error.message}`,
      { cause: error },
    );
  return canRetry(error) ? error : new SetupError(explainFailure(error).message, { cause: error });
}

/** The error for the caller, which says what to do. */
export function explainFailure(error: Error): Error {
  if (error instanceof SetupError) return error;
  const { message } = error;
  const code = codeOf(error) ?? "";
  const because = (text: string): Error => new Error(text, { cause: error });
  if (code.startsWith("28"))
    return because(
      `PostgreSQL asks for another user or password: put them into \`url\`. It says: ${message}`,
    );
  if (code === "53100" || code === "53200")
    return because(
      `the store is full: give PostgreSQL more space, end sessions, or keep less room history. It says: ${message}`,
    );
  if (code === "3D000")
    return because(`the database of the store is missing: create it, or change \`url\`. It says: ${message}`);
  if (code === "42501")
    return because(
      `the user of PostgreSQL may not do what the store needs: ${message}. Let it own the schema of the store, or create schemas in the database, and execute pg_control_system, pg_walfile_name and pg_current_wal_lsn`,
    );
  return because(`PostgreSQL refuses the call: ${message}`);
}

/** The code by which PostgreSQL names the kind of an error; undefined when the error is not from PostgreSQL. */
function codeOf(error: Error): string | undefined {
  const code = "code" in error && "severity" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
