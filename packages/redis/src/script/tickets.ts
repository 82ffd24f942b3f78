/** The operations of `TicketStore`, and the secret of the rooms. The hash "tickets" has the tickets, "ticketsDue" their ends. */
export const ticketOperations = `
local ticketsKey, ticketsDue = prefix .. 'tickets', prefix .. 'ticketsDue'

operations.put = function()
  local hash, ticket, expiresAt, putAt = argument(), argument(), argument(), argument()
  for _, expired in ipairs(call('ZRANGEBYSCORE', ticketsDue, '-inf', putAt, 'LIMIT', 0, 100)) do
    call('HDEL', ticketsKey, expired)
    call('ZREM', ticketsDue, expired)
  end
  call('HSET', ticketsKey, hash, ticket)
  call('ZADD', ticketsDue, expiresAt, hash)
  return 1
end

operations.take = function()
  local hash = argument()
  local ticket = call('HGET', ticketsKey, hash)
  call('HDEL', ticketsKey, hash)
  call('ZREM', ticketsDue, hash)
  return ticket
end

operations.proofKey = function()
  call('HSETNX', meta, 'proofKey', argument())
  return call('HGET', meta, 'proofKey')
end
`;
