/**
 * The tables. Times are in ms since 1970 unless their type says otherwise.
 *
 * `meta` has one row: `epoch`, the history that new sessions belong to; `identity`, the server and the timeline of that history;
 * `clock`, the time of the newest sweep; and `proof_key`.
 *
 * `calls` has for each process its newest batch of calls and the reply to it, which is given again when the batch arrives twice.
 *
 * A session has the messages of `outgoing`, of which the newest has the sequence `last`. `due` is the time when its lease runs
 * out, or when it ends.
 *
 * A room has the messages of `messages` above the place `dropped`, up to `newest`. Those below it, down to `erased`, are there for
 * a few seconds more, for watchers that have not read them. `due` is the time from which on a sweep looks at the room.
 *
 * `notices` are for the processes of sessions, which read and delete them. A crash of the server may lose them.
 */
export const tables = `
create table meta (
  is_only boolean primary key default true check (is_only),
  version integer not null,
  epoch text not null default gen_random_uuid()::text,
  identity text not null default '',
  clock double precision not null default 0,
  proof_key text
);

create table calls (
  process text primary key,
  number bigint not null,
  reply jsonb,
  changed_at timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

create table sessions (
  id text collate "C" primary key,
  epoch text not null,
  fence bigint not null default 1,
  secret text not null,
  key_hash text not null,
  service text not null,
  attempt bigint not null,
  principal text collate "C",
  node text,
  until_at double precision,
  wanted_by text,
  ends_at double precision,
  due double precision not null,
  received bigint not null default 0,
  received_pending jsonb not null default '[]',
  acknowledged bigint not null default 0,
  acknowledged_pending jsonb not null default '[]',
  last bigint not null default 0,
  bytes bigint not null default 0,
  note text
) with (fillfactor = 70);
create index sessions_due on sessions (due);
create index sessions_principal on sessions (principal, id) where principal is not null;

create table outgoing (
  session text collate "C",
  sequence bigint,
  size bigint not null,
  data text not null,
  primary key (session, sequence)
);

create table rooms (
  name text collate "C" primary key,
  epoch text not null,
  history text not null,
  newest bigint not null default 0,
  dropped bigint not null default 0,
  erased bigint not null default 0,
  bytes bigint not null default 0,
  keep_ms double precision not null default 0,
  idle_since double precision,
  due double precision not null default 0,
  members integer not null default 0,
  membership_base bigint not null default 0,
  membership_last bigint not null default 0
) with (fillfactor = 70);
create index rooms_due on rooms (due);

create table messages (
  room text collate "C",
  place bigint,
  sent_at double precision not null,
  size bigint not null,
  entry text not null,
  stored_at timestamptz not null default clock_timestamp(),
  primary key (room, place)
);

create table members (
  room text collate "C",
  member text,
  number bigint not null,
  primary key (room, member)
);

create table tickets (
  hash text primary key,
  ticket text not null,
  expires_at double precision not null
);
create index tickets_expire on tickets (expires_at);

create unlogged table notices (
  id bigint generated always as identity primary key,
  node text not null,
  notice jsonb not null,
  written_at timestamptz not null default clock_timestamp()
);
create index notices_node on notices (node, id);
`;
