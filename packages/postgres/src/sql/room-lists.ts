/** The memberships of rooms, their sweep, and what their watchers read. */
export const roomListFunctions = `
create function membership(args jsonb) returns jsonb language sql as $$
  select to_jsonb(coalesce(
    (select number from members where room = args->>'room' and member = args->>'member'),
    (select membership_base from rooms where name = args->>'room'),
    0))
$$;

create function end_membership(args jsonb) returns jsonb language plpgsql as $$
declare
  room rooms;
begin
  update rooms set membership_last = membership_last + 1 where name = args->>'room' returning * into room;
  if not found then return 'null'; end if;
  update members set number = room.membership_last
    where members.room = room.name and member = args->>'member';
  if found then return 'null'; end if;
  if room.members < 1000 then
    insert into members (room, member, number) values (room.name, args->>'member', room.membership_last);
    update rooms set members = members + 1 where name = room.name;
  else
    delete from members where members.room = room.name;
    update rooms set members = 0, membership_base = membership_last where name = room.name;
  end if;
  return 'null';
end
$$;

-- These rooms are in use until the next sweep.
create function touch_rooms(args jsonb) returns jsonb language plpgsql as $$
declare
  swept_ms double precision := args->>'now';
  names text[] := array(select jsonb_array_elements_text(args->'rooms'));
begin
  perform from rooms where name = any(names) order by name for update;
  update rooms set
    idle_since = null,
    due = case when newest = dropped then greatest(due, swept_ms + 1) else due end
  where name = any(names) and (idle_since is not null or (newest = dropped and due <= swept_ms));
  return 'null';
end
$$;

create function sweep_rooms(args jsonb) returns jsonb language plpgsql as $$
declare
  swept_ms double precision := args->>'now';
  idle double precision := args->>'idle';
  most integer := args->>'most';
  found_count integer := 0;
  one rooms;
  drop_to bigint;
  erased_to bigint;
  since_ms double precision;
  head_sent double precision;
begin
  for one in select * from rooms where due <= swept_ms order by due limit most for update skip locked loop
    found_count := found_count + 1;
    drop_to := expired_up_to(one.name, one.dropped, one.newest, swept_ms - one.keep_ms);
    erased_to := erase_messages(one.name, one.erased, drop_to, 1000);
    head_sent := (select sent_at from messages where room = one.name and place > drop_to order by place limit 1);
    since_ms := coalesce(one.idle_since, swept_ms);
    if head_sent is null and swept_ms - since_ms >= idle then
      delete from messages where room = one.name;
      delete from members where room = one.name;
      delete from rooms where name = one.name;
    else
      update rooms set
        bytes = bytes - size_of(name, dropped, drop_to), dropped = drop_to, erased = erased_to,
        idle_since = case when head_sent is null then since_ms end,
        due = case
          when head_sent is not null then head_sent + keep_ms
          when erased_to < drop_to then swept_ms + 1
          else least(since_ms + idle, swept_ms + 3600000)
        end
      where name = one.name;
    end if;
  end loop;
  return to_jsonb(found_count = most);
end
$$;

-- What rooms have that their watchers have not read. A room whose known epoch is null is new to its watchers, and one whose known
-- epoch is empty did not exist when they began.
create function room_news(names text[], epochs text[], places bigint[], most integer) returns jsonb language sql as $$
  select coalesce(jsonb_agg(jsonb_build_array(name, epoch, newest, (
      select coalesce(jsonb_agg(jsonb_build_array(place, sent_at, entry) order by place), '[]') from (
        select place, sent_at, entry from messages
        where room = name and place > known_place and place <= newest and known_epoch in (epoch, '')
        order by place limit most
      ) part
    ))), '[]')
  from unnest(names, epochs, places) as known (known_name, known_epoch, known_place)
  join rooms on name = known_name
  where epoch is distinct from known_epoch or newest > known_place
$$;

-- Takes notices for these processes, the oldest first.
create function take_notices(nodes text[], most integer) returns jsonb language sql as $$
  with taken as (
    delete from notices where id in (select id from notices where node = any(nodes) order by id limit most)
    returning id, node, notice
  ) select coalesce(jsonb_agg(jsonb_build_array(node, notice) order by id), '[]') from taken
$$;
`;
