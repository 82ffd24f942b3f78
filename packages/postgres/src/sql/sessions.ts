/** The operations of `SessionStore`. */
export const sessionFunctions = `
create function notify_node(to_node text, notice jsonb) returns void language plpgsql as $$
begin
  if to_node is null then return; end if;
  insert into notices (node, notice) values (to_node, notice);
  perform set_config('symbolon.notified', '1', true);
end
$$;

-- The session of a claim, locked, if the claim is the newest one of it.
create function claimed(claim jsonb) returns sessions language sql as $$
  select * from sessions where id = claim->>0 and epoch = claim->>1 and fence = (claim->>2)::bigint for update
$$;

-- Compares digests: how long that takes does not depend on how much of a text is right.
create function is_same(stored text, given text) returns boolean language sql as $$
  select sha256(convert_to(coalesce(stored, ''), 'UTF8')) = sha256(convert_to(given, 'UTF8'))
$$;

create function create_session(args jsonb, now_ms double precision, history text) returns jsonb
language plpgsql as $$
declare
  until_ms double precision := now_ms + (args->>'ms')::double precision;
begin
  insert into sessions (id, epoch, secret, key_hash, service, attempt, principal, node, until_at, due)
  values (args->>'id', history, args->>'secret', args->>'key', args->>'service', (args->>'attempt')::bigint,
    args->>'principal', args->>'node', until_ms, until_ms)
  on conflict do nothing;
  if not found then return '["exists"]'; end if;
  return jsonb_build_array('created', history);
end
$$;

create function mismatch(session sessions, history text, args jsonb) returns text language plpgsql as $$
declare
  received_to bigint := (args->>'receivedUpTo')::bigint;
  first_held bigint := (args->>'firstHeld')::bigint;
begin
  if session.epoch <> history then return 'the store lost part of the history of this session'; end if;
  if args->>'epoch' <> session.epoch then return 'the client has another epoch than the session'; end if;
  if received_to > session.last then
    return format('the client received up to %s, but the server sent up to %s', received_to, session.last);
  end if;
  if received_to < session.acknowledged then
    return format('the client received up to %s, but acknowledged up to %s before', received_to, session.acknowledged);
  end if;
  if first_held > session.received + 1 then
    return format('the client holds messages from %s on, but the server received up to %s', first_held, session.received);
  end if;
  return null;
end
$$;

-- Drops the messages up to a sequence, and returns their size.
create function drop_outgoing(session_id text, up_to bigint) returns bigint language sql as $$
  with dropped as (delete from outgoing where session = session_id and sequence <= up_to returning size)
  select coalesce(sum(size), 0)::bigint from dropped
$$;

create function attach_session(args jsonb, now_ms double precision, history text) returns jsonb
language plpgsql as $$
declare
  session sessions;
  is_known boolean;
  has_secrets boolean;
  cause text;
  asker text := args->>'node';
  up_to bigint := (args->>'receivedUpTo')::bigint;
  until_ms double precision := now_ms + (args->>'ms')::double precision;
  pending jsonb;
  unacknowledged jsonb;
begin
  select * into session from sessions where id = args->>'id' for update;
  is_known := found;
  has_secrets := is_same(session.secret || ' ' || session.key_hash, (args->>'secret') || ' ' || (args->>'key'));
  if not is_known or not has_secrets or session.principal is distinct from args->>'principal'
    or session.service <> args->>'service' then return jsonb_build_array('refused', is_known); end if;
  if (args->>'attempt')::bigint <= session.attempt then return '["stale"]'; end if;
  cause := mismatch(session, history, args);
  if cause is not null then return jsonb_build_array('reset', cause); end if;
  if (args->>'asksFirst')::boolean and session.node <> asker and session.until_at > now_ms then
    update sessions set wanted_by = asker where id = session.id;
    perform notify_node(session.node, jsonb_build_array('wanted', session.id, session.epoch, session.fence));
    return '["asked"]';
  end if;
  select session.acknowledged_pending || coalesce(jsonb_agg(sequence), '[]') into pending
    from generate_series(session.acknowledged + 1, up_to) sequence;
  update sessions set
    fence = fence + 1, attempt = (args->>'attempt')::bigint, acknowledged = up_to, acknowledged_pending = pending,
    bytes = bytes - drop_outgoing(session.id, up_to), ends_at = null, due = until_ms, until_at = until_ms, node = asker,
    wanted_by = case session.node when asker then wanted_by end
  where id = session.id;
  if session.node <> asker then
    perform notify_node(session.node, jsonb_build_array('taken', session.id, session.epoch, session.fence));
  end if;
  select coalesce(jsonb_agg(jsonb_build_array(sequence, data) order by sequence), '[]') into unacknowledged
    from outgoing where outgoing.session = args->>'id';
  return jsonb_build_array('resumed', jsonb_build_object(
    'epoch', session.epoch, 'fence', session.fence + 1, 'received', session.received,
    'receivedPending', session.received_pending, 'acknowledged', up_to, 'acknowledgedPending', pending,
    'last', session.last, 'note', session.note, 'messages', unacknowledged));
end
$$;

create function commit_session(args jsonb, now_ms double precision, history text) returns jsonb
language plpgsql as $$
declare
  owned sessions := claimed(args->'claim');
  outgoing_data jsonb := args->'outgoing';
  first_sequence bigint := (args->>'first')::bigint;
  newest bigint;
  added bigint;
  acknowledged_to bigint;
  received_to bigint;
  one jsonb;
begin
  if owned.id is null then return '["lost"]'; end if;
  newest := owned.last + jsonb_array_length(outgoing_data);
  if newest > owned.last and first_sequence <> owned.last + 1 then
    return jsonb_build_array('invalid', format('outgoing: sequence %s must be %s', first_sequence, owned.last + 1));
  end if;
  acknowledged_to := coalesce((args->>'acknowledged')::bigint, owned.acknowledged);
  received_to := coalesce((args->>'received')::bigint, owned.received);
  if acknowledged_to not between owned.acknowledged and newest then
    return jsonb_build_array('invalid', format('acknowledged: upTo %s must be from %s to %s',
      acknowledged_to, owned.acknowledged, newest));
  end if;
  if received_to < owned.received then
    return jsonb_build_array('invalid', format('received: upTo %s must be at least %s', received_to, owned.received));
  end if;
  with written as (
    insert into outgoing (session, sequence, size, data)
    select owned.id, owned.last + n, (message->>0)::bigint, message->>1
    from jsonb_array_elements(outgoing_data) with ordinality as t (message, n)
    returning size
  ) select coalesce(sum(size), 0) into added from written;
  update sessions set
    last = newest, bytes = bytes + added - drop_outgoing(owned.id, acknowledged_to),
    acknowledged = acknowledged_to,
    acknowledged_pending = coalesce(nullif(args->'acknowledgedPending', 'null'), acknowledged_pending),
    received = received_to,
    received_pending = coalesce(nullif(args->'receivedPending', 'null'), received_pending),
    note = coalesce(args->>'note', note)
  where id = owned.id;
  for one in select value from jsonb_array_elements(args->'rooms') loop
    perform append_message(one, history);
  end loop;
  return '["recorded"]';
end
$$;

create function owns_session(args jsonb) returns jsonb language sql as $$
  select to_jsonb((claimed(args->'claim')).id is not null)
$$;

create function detach_session(args jsonb, now_ms double precision) returns jsonb language plpgsql as $$
declare
  owned sessions := claimed(args->'claim');
  is_released boolean := args->>'isReleased';
  end_ms double precision := now_ms + (args->>'ms')::double precision;
begin
  if owned.id is null then return 'false'; end if;
  update sessions set
    ends_at = end_ms, due = end_ms,
    node = case when not is_released then node end,
    until_at = case when not is_released then until_at end,
    wanted_by = case when not is_released then wanted_by end
  where id = owned.id;
  if is_released then
    perform notify_node(owned.wanted_by, jsonb_build_array('released', owned.id));
  end if;
  return 'true';
end
$$;

create function will_release_session(args jsonb) returns jsonb language plpgsql as $$
declare
  owned sessions := claimed(args->'claim');
begin
  if owned.id is null then return 'false'; end if;
  perform notify_node(owned.wanted_by, jsonb_build_array('promised', owned.id));
  return 'true';
end
$$;

create function finish_session(session sessions, close text) returns void language plpgsql as $$
begin
  delete from sessions where id = session.id;
  perform drop_outgoing(session.id, session.last);
  perform notify_node(session.wanted_by, jsonb_build_array('released', session.id));
  perform notify_node(session.node, jsonb_build_array('removed', session.id, session.epoch, session.fence, close));
end
$$;

create function remove_session(args jsonb) returns jsonb language plpgsql as $$
declare
  owned sessions := claimed(args->'claim');
begin
  if owned.id is null then return 'false'; end if;
  perform finish_session(owned, args->>'close');
  return 'true';
end
$$;
`;
