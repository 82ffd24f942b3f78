/** The operations of `TicketStore`, and the secret of the rooms. */
export const ticketFunctions = `
create function put_ticket(args jsonb) returns jsonb language plpgsql as $$
begin
  delete from tickets where hash in (
    select hash from tickets where expires_at <= (args->>'now')::double precision order by expires_at limit 100
    for update skip locked);
  insert into tickets (hash, ticket, expires_at)
    values (args->>'hash', args->>'ticket', (args->>'expiresAt')::double precision)
    on conflict (hash) do update set ticket = excluded.ticket, expires_at = excluded.expires_at;
  return 'null';
end
$$;

create function take_ticket(args jsonb) returns jsonb language plpgsql as $$
declare
  taken text;
begin
  delete from tickets where hash = args->>'hash' returning ticket into taken;
  return coalesce(to_jsonb(taken), 'null');
end
$$;

create function proof_key(args jsonb) returns jsonb language plpgsql as $$
declare
  known text;
begin
  select meta.proof_key into known from meta;
  if known is null then
    update meta set proof_key = coalesce(meta.proof_key, args->>'candidate') returning meta.proof_key into known;
  end if;
  return to_jsonb(known);
end
$$;
`;
