/** The operations of `SessionStore` that concern many sessions. */
export const sessionListFunctions = `
create function renew_sessions(args jsonb, now_ms double precision) returns jsonb language plpgsql as $$
declare
  owner text := args->>'node';
  until_ms double precision := now_ms + (args->>'ms')::double precision;
  is_connected boolean := args->>'isConnected';
  losses jsonb;
begin
  perform from sessions where id in (select claim->>0 from jsonb_array_elements(args->'claims') claim)
    order by id for update;
  select coalesce(jsonb_agg(case
      when s.id is null then 'removed'
      when s.epoch <> claim->>1 or s.fence <> (claim->>2)::bigint then 'taken'
    end order by n), '[]') into losses
    from jsonb_array_elements(args->'claims') with ordinality as t (claim, n)
    left join sessions s on s.id = claim->>0;
  update sessions set
    node = owner, until_at = until_ms,
    wanted_by = case node when owner then wanted_by end,
    ends_at = case when not is_connected then ends_at end,
    due = case when is_connected then until_ms else due end
  from jsonb_array_elements(args->'claims') claim
  where id = claim->>0 and epoch = claim->>1 and fence = (claim->>2)::bigint;
  return losses;
end
$$;

create function sweep_sessions(args jsonb, now_ms double precision) returns jsonb language plpgsql as $$
declare
  grace double precision := args->>'grace';
  most integer := args->>'most';
  found_count integer := 0;
  one sessions;
begin
  update meta set clock = now_ms where clock < now_ms;
  delete from notices where written_at < clock_timestamp() - interval '1 minute';
  delete from calls where changed_at < clock_timestamp() - interval '1 hour';
  for one in select * from sessions where due <= now_ms order by due limit most for update skip locked loop
    found_count := found_count + 1;
    if one.ends_at is not null then
      perform finish_session(one, null);
    else
      update sessions set ends_at = until_at + grace, due = until_at + grace where id = one.id;
    end if;
  end loop;
  return to_jsonb(found_count = most);
end
$$;

create function listed(session sessions) returns jsonb language sql as $$
  select jsonb_build_array(session.id, session.epoch, session.fence, session.service, session.principal, session.key_hash,
    session.node, session.ends_at, session.bytes)
$$;

create function list_sessions(args jsonb) returns jsonb language plpgsql as $$
declare
  of_principal text := args->>'principal';
  after_id text := args->>'after';
  most integer := args->>'most';
begin
  if of_principal is null then
    return (select coalesce(jsonb_agg(listed(s) order by s.id), '[]')
      from (select * from sessions where id > after_id order by id limit most) s);
  end if;
  return (select coalesce(jsonb_agg(listed(s) order by s.id), '[]')
    from (select * from sessions where principal = of_principal and id > after_id order by id limit most) s);
end
$$;
`;
