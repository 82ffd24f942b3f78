/** The operations of `RoomLog` that begin, write and read rooms. */
export const roomFunctions = `
-- The room, locked. It begins if it does not exist; a room of a lost history gets a new epoch.
create function begin_room(room_name text, history text) returns rooms language plpgsql as $$
declare
  room rooms;
begin
  loop
    select * into room from rooms where name = room_name for update;
    exit when found;
    insert into rooms (name, epoch, history) values (room_name, gen_random_uuid(), history) on conflict do nothing;
  end loop;
  if room.history <> begin_room.history then
    update rooms set epoch = gen_random_uuid(), history = begin_room.history where name = room_name returning * into room;
  end if;
  return room;
end
$$;

-- The room, which is locked only when it begins.
create function present_room(room_name text, history text) returns rooms language plpgsql as $$
declare
  room rooms;
begin
  select * into room from rooms where name = room_name;
  if found and room.history = present_room.history then return room; end if;
  return begin_room(room_name, history);
end
$$;

-- The place up to which the messages are dropped that were sent at that time or before.
create function expired_up_to(room_name text, after_place bigint, newest bigint, latest double precision) returns bigint
language sql as $$
  select coalesce((
    select place - 1 from messages
    where room = room_name and place > after_place and place <= newest and sent_at > latest
    order by place limit 1), newest)
$$;

create function size_of(room_name text, after_place bigint, up_to bigint) returns bigint language sql as $$
  select coalesce(sum(size), 0)::bigint from messages where room = room_name and place > after_place and place <= up_to
$$;

-- Erases up to so many messages that are dropped, and are too old for watchers. Returns the new place up to which all are erased.
create function erase_messages(room_name text, erased bigint, dropped bigint, most integer) returns bigint language sql as $$
  with oldest as (
    select place from messages
    where room = room_name and place > erased and place <= dropped and stored_at < clock_timestamp() - interval '5 seconds'
    order by place limit most
  ), gone as (
    delete from messages where room = room_name and place in (select place from oldest) returning place
  ) select coalesce(max(place), erased) from gone
$$;

create function append_message(args jsonb, history text) returns jsonb language plpgsql as $$
declare
  room rooms := begin_room(args->>'room', history);
  next_place bigint := room.newest + 1;
  most double precision := args->>'messages';
  ms double precision := args->>'ms';
  most_bytes double precision := args->>'bytes';
  sent double precision := args->>'at';
  message_size bigint := args->>'size';
  drop_to bigint;
  kept_bytes bigint;
  head_sent double precision;
  one record;
begin
  insert into messages (room, place, sent_at, size, entry)
    values (room.name, next_place, sent, message_size, args->>'entry');
  drop_to := greatest(room.dropped, next_place - most)::bigint;
  drop_to := expired_up_to(room.name, drop_to, next_place, sent - ms);
  if most = 0 then drop_to := next_place; end if;
  kept_bytes := room.bytes + message_size - size_of(room.name, room.dropped, drop_to);
  if kept_bytes > most_bytes then
    for one in select place, size from messages m
      where m.room = room.name and place > drop_to and place < next_place order by place
    loop
      exit when kept_bytes <= most_bytes;
      kept_bytes := kept_bytes - one.size;
      drop_to := one.place;
    end loop;
  end if;
  select sent_at into head_sent from messages m where m.room = room.name and place > drop_to order by place limit 1;
  update rooms set
    newest = next_place, dropped = drop_to, bytes = kept_bytes, keep_ms = ms, idle_since = null,
    due = case when head_sent is null then least(due, sent) else head_sent + ms end,
    erased = case when erased < drop_to then erase_messages(name, erased, drop_to, 4) else erased end
  where name = room.name;
  return jsonb_build_array(next_place, room.newest);
end
$$;

create function room_position(args jsonb, history text) returns jsonb language plpgsql as $$
declare
  room rooms := present_room(args->>'room', history);
begin
  return jsonb_build_array(room.epoch, room.newest);
end
$$;

-- The place before the first message that a selection chooses.
create function selected_after(room rooms, selection jsonb) returns bigint language plpgsql as $$
declare
  since_ms double precision := selection->>'since';
  until_ms double precision := selection->>'until';
  stop bigint;
  start bigint;
begin
  select min(place) into stop from (select place from messages m
    where m.room = room.name and place > room.dropped and place <= room.newest and sent_at >= until_ms
    order by place limit 1) later;
  stop := coalesce(stop - 1, room.newest);
  start := greatest(room.dropped, stop - (selection->>'last')::double precision)::bigint;
  if since_ms = '-Infinity' then return start; end if;
  return expired_up_to(room.name, start, stop, since_ms);
end
$$;

create function read_room(args jsonb, history text) returns jsonb language plpgsql as $$
declare
  room rooms := present_room(args->>'room', history);
  most bigint := args->>'most';
  from_place bigint := args->>'offset';
  after_place bigint;
  gap_to bigint;
  entries jsonb;
begin
  if from_place is null then
    after_place := selected_after(room, args);
  elsif args->>'epoch' <> room.epoch or from_place > room.newest then
    after_place := room.newest;
    gap_to := room.newest;
  else
    after_place := greatest(from_place, room.dropped);
    if from_place < room.dropped then gap_to := room.dropped; end if;
  end if;
  select coalesce(jsonb_agg(jsonb_build_array(place, sent_at, entry) order by place), '[]') into entries
    from (select * from messages m where m.room = room.name and place > after_place and place <= room.newest
      order by place limit most) part;
  return jsonb_build_array(room.epoch, room.newest, gap_to, entries);
end
$$;
`;
