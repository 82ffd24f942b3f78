/**
 * `run` runs a batch of calls in one transaction: all of them or none. A batch with a number runs once although it arrives
 * twice, and runs after the batches with lower numbers: one that arrives later than its successor does not run at all.
 *
 * Each operation is a function of its arguments, of the time, and of the epoch of the store.
 *
 * `begin_history` finds out whether the server still has everything that it confirmed. A server that was promoted or restored has
 * another timeline or identity, and a schema that was restored has another number.
 */
export const runFunctions = `
create function history_identity() returns text language sql as $$
  select concat_ws(' ',
    (select system_identifier from pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (select oid from pg_database where datname = current_database()),
    (select oid from pg_namespace where nspname = current_schema()),
    case when current_setting('fsync') = 'off' then pg_postmaster_start_time()::text end)
$$;

create function begin_history(known_proof_key text) returns void language plpgsql as $$
declare
  found_identity text := history_identity();
begin
  update meta set
    epoch = case identity when found_identity then epoch else gen_random_uuid()::text end,
    identity = found_identity,
    proof_key = coalesce(proof_key, known_proof_key)
  where identity <> found_identity or (proof_key is null and known_proof_key is not null);
end
$$;

create function run_call(operation text, args jsonb, now_ms double precision, history text) returns jsonb
language plpgsql as $$
begin
  return case operation
    when 'commit' then commit_session(args, now_ms, history)
    when 'append' then append_message(args, history)
    when 'create' then create_session(args, now_ms, history)
    when 'attach' then attach_session(args, now_ms, history)
    when 'owns' then owns_session(args)
    when 'detach' then detach_session(args, now_ms)
    when 'will_release' then will_release_session(args)
    when 'remove' then remove_session(args)
    when 'renew' then renew_sessions(args, now_ms)
    when 'sweep' then sweep_sessions(args, now_ms)
    when 'list' then list_sessions(args)
    when 'read' then read_room(args, history)
    when 'position' then room_position(args, history)
    when 'membership' then membership(args)
    when 'end_membership' then end_membership(args)
    when 'touch' then touch_rooms(args)
    when 'sweep_rooms' then sweep_rooms(args)
    when 'put' then put_ticket(args)
    when 'take' then take_ticket(args)
    when 'proof_key' then proof_key(args)
  end;
end
$$;

create function run(
  caller text, batch bigint, given_now double precision, batch_calls jsonb, session_ids text[], room_names text[]
) returns jsonb language plpgsql as $$
declare
  before calls;
  store meta;
  now_ms double precision;
  one jsonb;
  replies jsonb[] := '{}';
  reply_of_all jsonb;
begin
  if batch is not null then
    select * into before from calls where process = caller for update;
    if not found then
      insert into calls (process, number) values (caller, 0) on conflict do nothing;
      select * into strict before from calls where process = caller for update;
    end if;
    if batch <= before.number then
      return case batch when before.number then before.reply end;
    end if;
  end if;
  -- All batches lock in one order, so that none waits for another in a circle.
  perform from sessions where id = any(session_ids) order by id for update;
  perform from rooms where name = any(room_names) order by name for update;
  select * into strict store from meta;
  now_ms := coalesce(given_now, greatest(store.clock, floor(extract(epoch from clock_timestamp()) * 1000)));
  for one in select value from jsonb_array_elements(batch_calls) loop
    replies := replies || run_call(one->>0, one->1, now_ms, store.epoch);
  end loop;
  reply_of_all := jsonb_build_object(
    'replies', to_jsonb(replies),
    'isNotified', coalesce(current_setting('symbolon.notified', true), '') = '1');
  if batch is not null then
    update calls set number = batch, reply = reply_of_all, changed_at = clock_timestamp() where process = caller;
  end if;
  return reply_of_all;
end
$$;
`;
