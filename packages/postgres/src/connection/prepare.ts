import type { Client } from "pg";
import { schemaSource, schemaVersion } from "../sql/schema.ts";
import { SetupError } from "./failure.ts";

/** The oldest server that the store can use. */
const oldestVersion = 15;

/**
 * Prepares a connection: looks whether the server can be used, makes the schema unless it is there, and begins a new epoch when
 * the server may have lost something.
 *
 * @throws SetupError for a server that cannot be used; Error for a replica, which may be promoted.
 */
export async function prepareConnection(
  client: Client,
  schema: string,
  proofKey: string | undefined,
): Promise<void> {
  const { rows } = await client.query<ServerFacts>(
    `select current_setting('server_version_num')::integer / 10000 as version,
      current_setting('server_encoding') as encoding, pg_is_in_recovery() as "isReplica",
      exists (${metaTable}) as "hasSchema",
      set_config('search_path', '"' || $1 || '", pg_temp', false),
      set_config('default_transaction_isolation', 'read committed', false),
      set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false)`,
    [schema],
  );
  const { version = 0, encoding = "", isReplica = false, hasSchema = false } = rows[0] ?? {};
  if (version < oldestVersion)
    throw new SetupError(
      `the store needs PostgreSQL ${oldestVersion} or later, and this is ${version}: upgrade it`,
    );
  if (encoding !== "UTF8")
    throw new SetupError(
      `the store needs a database with the encoding UTF8, and this has ${encoding}: create another one`,
    );
  if (isReplica) throw new Error("this PostgreSQL is a replica: connect to the primary server");
  if (hasSchema) await checkVersion(client, schema);
  else await makeSchema(client, schema);
  await client.query("select begin_history($1)", [proofKey]);
}

/** Whether a schema has the table `meta`. Not by to_regclass, which may not see what another process has made meanwhile. */
const metaTable = "select from pg_tables where schemaname = $1 and tablename = 'meta'";

interface ServerFacts {
  readonly version: number;
  readonly encoding: string;
  readonly isReplica: boolean;
  readonly hasSchema: boolean;
}

async function checkVersion(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ version: number }>("select version from meta");
  const version = rows[0]?.version ?? 0;
  if (version !== schemaVersion)
    throw new SetupError(
      `the schema ${schema} has version ${version}, and this @symbolon/postgres needs ${schemaVersion}: use the version of @symbolon/postgres that made it, or another \`prefix\``,
    );
}

/** Makes the schema, of which two processes make one. */
async function makeSchema(client: Client, schema: string): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`symbolon ${schema}`]);
    const { rowCount: existing } = await client.query(metaTable, [schema]);
    if (existing === 0) {
      const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [schema]);
      if (rowCount === 0) await client.query(`create schema "${schema}"`);
      await client.query(schemaSource);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
