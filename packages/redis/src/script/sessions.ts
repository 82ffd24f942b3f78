/**
 * The operations of `SessionStore`. A session is a hash "s:<id>", and its messages are a list "m:<id>" of "<size>:<data>", of
 * which the last has the sequence `last`. `due` has for each session the time when its lease runs out, or when it ends.
 */
export const sessionOperations = `
local due, ids = prefix .. 'due', prefix .. 'ids'

local function sessionKey(id)
  return prefix .. 's:' .. id
end
local function messagesKey(id)
  return prefix .. 'm:' .. id
end
local function principalKey(principal)
  return prefix .. 'by:' .. principal
end

local function notify(node, notice)
  if node then publish('node:' .. node, notice) end
end
local function notifyOf(node, type, id)
  notify(node, '{"type":"' .. type .. '","sessionId":' .. cjson.encode(id) .. '}')
end
local function notifyClaim(node, type, id, sessionEpoch, fence, close)
  local claim = '{"sessionId":' .. cjson.encode(id) .. ',"epoch":' .. cjson.encode(sessionEpoch) .. ',"fence":' .. fence .. '}'
  notify(node, '{"type":"' .. type .. '","claim":' .. claim .. (close and ',"close":' .. close or '') .. '}')
end

-- Reads a claim, and returns whether it is the newest one of its session.
local function claimed()
  local id, claimEpoch, fence = argument(), argument(), argument()
  local key = sessionKey(id)
  local is = call('HMGET', key, 'epoch', 'fence')
  return id, key, is[1] == claimEpoch and is[2] == fence, is[1]
end

local function lease(id, key, node, ms, owner)
  local untilTime = now() + ms
  call('HSET', key, 'node', node, 'until', untilTime)
  if owner ~= node then call('HDEL', key, 'wantedBy') end
  return untilTime
end

local function drop(id, key, last, upTo)
  local messages = messagesKey(id)
  local count = upTo - (last - call('LLEN', messages))
  if count <= 0 then return end
  local bytes = 0
  for _, message in ipairs(call('LPOP', messages, count)) do
    bytes = bytes + tonumber(string.match(message, '^(%d+):'))
  end
  if bytes > 0 then call('HINCRBY', key, 'bytes', -bytes) end
end

-- Compares in a time that depends on what is given alone.
local function isSame(stored, given)
  local hasLength = #stored == #given
  local other, difference = hasLength and stored or given, hasLength and 0 or 1
  for index = 1, #given do
    difference = bit.bor(difference, bit.bxor(string.byte(other, index), string.byte(given, index)))
  end
  return difference == 0
end

local function finish(id, key, close)
  local is = call('HMGET', key, 'epoch', 'fence', 'principal', 'node', 'wantedBy')
  call('UNLINK', key, messagesKey(id))
  call('ZREM', ids, id)
  call('ZREM', due, id)
  if is[3] then call('ZREM', principalKey(is[3]), id) end
  if is[5] then notifyOf(is[5], 'released', id) end
  notifyClaim(is[4], 'removed', id, is[1], is[2], close)
end

operations.create = function()
  local id, secret, keyHash, service, attempt, principal = argument(), argument(), argument(), argument(), argument(), optional()
  local node, ms = argument(), numeric()
  local key = sessionKey(id)
  if call('EXISTS', key) == 1 then return { 'exists' } end
  call('HSET', key, 'epoch', epoch, 'fence', 1, 'secret', secret, 'key', keyHash, 'service', service, 'attempt', attempt,
    'received', 0, 'receivedPending', '', 'acknowledged', 0, 'acknowledgedPending', '', 'last', 0, 'bytes', 0)
  call('ZADD', ids, 0, id)
  if principal then
    call('HSET', key, 'principal', principal)
    call('ZADD', principalKey(principal), 0, id)
  end
  call('ZADD', due, lease(id, key, node, ms), id)
  return { 'created', epoch }
end

local function mismatch(is, requestEpoch, receivedUpTo, firstHeld)
  if is[6] ~= epoch then return 'the store lost part of the history of this session' end
  if requestEpoch ~= epoch then return 'the client has another epoch than the session' end
  local text = 'the client received up to ' .. integer(receivedUpTo) .. ', but '
  if receivedUpTo > tonumber(is[8]) then return text .. 'the server sent up to ' .. is[8] end
  if receivedUpTo < tonumber(is[9]) then return text .. 'acknowledged up to ' .. is[9] .. ' before' end
  if firstHeld > tonumber(is[11]) + 1 then
    return 'the client holds messages from ' .. integer(firstHeld) .. ' on, but the server received up to ' .. is[11]
  end
end

operations.attach = function()
  local id, secret, keyHash, service, attempt, principal = argument(), argument(), argument(), argument(), argument(), optional()
  local node, ms, requestEpoch, receivedUpTo, firstHeld, asksFirst = argument(), numeric(), argument(), numeric(), numeric(), argument()
  local key = sessionKey(id)
  local is = call('HMGET', key, 'secret', 'key', 'principal', 'service', 'attempt', 'epoch', 'fence', 'last',
    'acknowledged', 'acknowledgedPending', 'received', 'node', 'until', 'receivedPending', 'note')
  local hasSecrets = isSame((is[1] or '') .. ' ' .. (is[2] or ''), secret .. ' ' .. keyHash)
  if not is[1] or not hasSecrets or (is[3] or nil) ~= principal or is[4] ~= service then
    return { 'refused', is[1] and 1 or 0 }
  end
  if tonumber(attempt) <= tonumber(is[5]) then return { 'stale' } end
  local cause = mismatch(is, requestEpoch, receivedUpTo, firstHeld)
  if cause then return { 'reset', cause } end
  local owner = is[12] or nil
  if asksFirst == '1' and owner and owner ~= node and tonumber(is[13]) > now() then
    call('HSET', key, 'wantedBy', node)
    notifyClaim(owner, 'wanted', id, is[6], is[7])
    return { 'asked' }
  end
  local pending = {}
  if is[10] ~= '' then table.insert(pending, is[10]) end
  for sequence = tonumber(is[9]) + 1, receivedUpTo do table.insert(pending, integer(sequence)) end
  pending = table.concat(pending, ',')
  drop(id, key, tonumber(is[8]), receivedUpTo)
  call('HSET', key, 'attempt', attempt, 'acknowledged', receivedUpTo, 'acknowledgedPending', pending)
  call('HDEL', key, 'endsAt')
  local fence = call('HINCRBY', key, 'fence', 1)
  call('ZADD', due, lease(id, key, node, ms, owner), id)
  if owner and owner ~= node then notifyClaim(owner, 'taken', id, is[6], is[7]) end
  return { 'resumed', is[6], fence, is[11], is[14], integer(receivedUpTo), pending, is[8], is[15], call('LRANGE', messagesKey(id), 0, -1) }
end

operations.commit = function()
  local id, key, isNewest = claimed()
  local acknowledged, received, note = optional(), optional(), nil
  local acknowledgedPending, receivedPending = argument(), argument()
  note = optional()
  local firstSequence, count = numeric(), numeric()
  if not isNewest then return { 'lost' } end
  local is = call('HMGET', key, 'last', 'acknowledged', 'received')
  local last = tonumber(is[1])
  if count > 0 and firstSequence ~= last + 1 then
    return { 'invalid', 'outgoing: sequence ' .. integer(firstSequence) .. ' must be ' .. integer(last + 1) }
  end
  last = last + count
  for field, range in pairs({ acknowledged = { acknowledged, is[2], last }, received = { received, is[3], math.huge } }) do
    local upTo = tonumber(range[1] or range[2])
    if upTo < tonumber(range[2]) or upTo > range[3] then
      return { 'invalid', field .. ': upTo ' .. range[1] .. ' must be from ' .. range[2] .. ' to ' .. string.format('%.0f', range[3]) }
    end
  end
  local bytes = 0
  for _ = 1, count do
    local size, data = argument(), argument()
    call('RPUSH', messagesKey(id), size .. ':' .. data)
    bytes = bytes + tonumber(size)
  end
  if count > 0 then
    call('HSET', key, 'last', last)
    call('HINCRBY', key, 'bytes', bytes)
  end
  if acknowledged then
    call('HSET', key, 'acknowledged', acknowledged, 'acknowledgedPending', acknowledgedPending)
    drop(id, key, last, tonumber(acknowledged))
  end
  if received then call('HSET', key, 'received', received, 'receivedPending', receivedPending) end
  if note then call('HSET', key, 'note', note) end
  local places = {}
  for _ = 1, numeric() do table.insert(places, operations.append()) end
  return { 'recorded', places }
end

operations.owns = function()
  local _, _, isNewest = claimed()
  return isNewest and 1 or 0
end

operations.detach = function()
  local id, key, isNewest = claimed()
  local ms, isReleased = numeric(), argument()
  if not isNewest then return 0 end
  local endsAt = now() + ms
  call('HSET', key, 'endsAt', endsAt)
  call('ZADD', due, endsAt, id)
  if isReleased == '1' then
    local wantedBy = call('HGET', key, 'wantedBy')
    call('HDEL', key, 'node', 'until', 'wantedBy')
    if wantedBy then notifyOf(wantedBy, 'released', id) end
  end
  return 1
end

operations.willRelease = function()
  local id, key, isNewest = claimed()
  if not isNewest then return 0 end
  local wantedBy = call('HGET', key, 'wantedBy')
  if wantedBy then notifyOf(wantedBy, 'promised', id) end
  return 1
end

operations.renew = function()
  local node, ms = argument(), numeric()
  local losses = {}
  for _, isConnected in ipairs({ true, false }) do
    for _ = 1, numeric() do
      local id, key, isNewest, exists = claimed()
      table.insert(losses, isNewest and '' or exists and 'taken' or 'removed')
      if isNewest then
        local untilTime = lease(id, key, node, ms, call('HGET', key, 'node'))
        if isConnected then
          call('HDEL', key, 'endsAt')
          call('ZADD', due, untilTime, id)
        end
      end
    end
  end
  return losses
end

operations.sweep = function()
  local grace = numeric()
  call('HSET', meta, 'clock', now())
  if proofKey ~= '' then call('HSETNX', meta, 'proofKey', proofKey) end
  local found = call('ZRANGEBYSCORE', due, '-inf', now(), 'LIMIT', 0, 200)
  for _, id in ipairs(found) do
    local key = sessionKey(id)
    local is = call('HMGET', key, 'endsAt', 'until')
    if is[1] then
      finish(id, key)
    else
      local endsAt = tonumber(is[2]) + grace
      call('HSET', key, 'endsAt', endsAt)
      call('ZADD', due, endsAt, id)
    end
  end
  return #found == 200 and 1 or 0
end

operations.remove = function()
  local id, key, isNewest = claimed()
  local close = optional()
  if not isNewest then return 0 end
  finish(id, key, close)
  return 1
end

operations.list = function()
  local principal, after, most = optional(), argument(), argument()
  local from = after == '' and '-' or '(' .. after
  local listed = {}
  for _, id in ipairs(call('ZRANGEBYLEX', principal and principalKey(principal) or ids, from, '+', 'LIMIT', 0, most)) do
    local is = call('HMGET', sessionKey(id), 'epoch', 'fence', 'service', 'principal', 'key', 'node', 'endsAt', 'bytes')
    table.insert(listed, { id, unpack(is) })
  end
  return listed
end
`;
