/**
 * The operations of `RoomLog`. A room is a hash "r:<room>", and its messages are a list "e:<room>" of
 * "<at>:<size>:<account size>:<account><entry>", of which the last has the offset of the room. `rooms` has for each room the time
 * from which on a sweep looks at it. The hash "accounts" has how much the rooms keep of each account, in bytes, estimated.
 */
export const roomOperations = `
local roomsDue, accounts = prefix .. 'rooms', prefix .. 'accounts'
local begun = 0

local function roomKey(room)
  return prefix .. 'r:' .. room
end
local function entriesKey(room)
  return prefix .. 'e:' .. room
end
local function membersKey(room)
  return prefix .. 'members:' .. room
end
local function timeAndSize(entry)
  local sent, size = string.match(entry, '^([^:]+):(%d+):')
  return tonumber(sent), tonumber(size)
end

local function accountOf(entry)
  local start, size = string.match(entry, '^[^:]+:%d+:()(%d+):')
  local first = start + #size + 1
  return string.sub(entry, first, first + tonumber(size) - 1)
end

-- An account keeps so many bytes more, or less.
local function countFor(account, bytes)
  if account and account ~= '' and call('HINCRBY', accounts, account, bytes) <= 0 then call('HDEL', accounts, account) end
end

-- The epoch and the offset of a room, which begins if it does not exist. A room of a lost history gets a new epoch.
local function position(room, account)
  local key = roomKey(room)
  local is = call('HMGET', key, 'epoch', 'history', 'offset')
  if is[1] and is[2] == epoch then return is[1], tonumber(is[3]) end
  begun = begun + 1
  local roomEpoch = seed .. '.' .. begun
  call('HSET', key, 'epoch', roomEpoch, 'history', epoch, 'offset', is[3] or 0)
  if not is[1] then
    call('ZADD', roomsDue, 0, room)
    call('HSET', key, 'account', account or '')
    countFor(account, 1024 + #room)
  end
  return roomEpoch, tonumber(is[3] or '0')
end

-- Drops the oldest messages of a room, and returns their size.
local function dropEntries(list, count)
  local bytes = 0
  for _, entry in ipairs(call('LPOP', list, count) or {}) do
    local _, size = timeAndSize(entry)
    bytes = bytes + size
    countFor(accountOf(entry), -256 - size)
  end
  return bytes
end

-- Drops the messages that were sent at that time or before, and returns how many they were, and their size.
local function dropUpTo(list, latest)
  local dropped, bytes = 0, 0
  while true do
    local count = 0
    local entries = call('LRANGE', list, 0, dropped == 0 and 0 or 99)
    for _, entry in ipairs(entries) do
      if timeAndSize(entry) > latest then break end
      count = count + 1
    end
    if count == 0 then return dropped, bytes end
    bytes = bytes + dropEntries(list, count)
    dropped = dropped + count
  end
end

local function used(account)
  return account ~= '' and call('HGET', accounts, account) or '0'
end

operations.append = function()
  local room, most, ms, mostBytes = argument(), numeric(), numeric(), numeric()
  local sentAt, size, account, entry = argument(), argument(), argument(), argument()
  local roomEpoch, previous = position(room, account)
  local key, list = roomKey(room), entriesKey(room)
  local message = sentAt .. ':' .. size .. ':' .. #account .. ':' .. account .. entry
  local bytes = 0
  if most > 0 then
    bytes = tonumber(call('HGET', key, 'bytes') or '0') + tonumber(size)
    local length = call('RPUSH', list, message)
    countFor(account, 256 + size)
    if length > most then
      bytes = bytes - dropEntries(list, length - most)
      length = most
    end
    local expired, expiredBytes = dropUpTo(list, tonumber(sentAt) - ms)
    length, bytes = length - expired, bytes - expiredBytes
    while bytes > mostBytes and length > 1 do
      bytes = bytes - dropEntries(list, 1)
      length = length - 1
    end
    local head = call('LINDEX', list, 0)
    if head then call('ZADD', roomsDue, timeAndSize(head) + ms, room) end
  else
    dropEntries(list, call('LLEN', list))
  end
  call('HSET', key, 'offset', previous + 1, 'bytes', bytes, 'ms', ms, 'idle', '')
  local place = integer(previous + 1) .. ' ' .. integer(previous)
  publish('room:' .. room, roomEpoch .. ' ' .. place .. ' ' .. message)
  return place .. ' ' .. used(account)
end

-- The index of the first message, from 0, that a selection chooses.
local function firstSelected(list, length)
  local last, since, untilTime = numeric(), numeric(), numeric()
  local function find(from, to, isFound)
    for start = from, to - 1, 100 do
      for index, entry in ipairs(call('LRANGE', list, start, math.min(start + 100, to) - 1)) do
        if isFound(timeAndSize(entry)) then return start + index - 1 end
      end
    end
    return to
  end
  local stop = untilTime == math.huge and length or find(0, length, function(sent) return sent >= untilTime end)
  local start = math.max(0, stop - last)
  return since == -math.huge and start or find(start, stop, function(sent) return sent > since end)
end

operations.read = function()
  local room, account, most, kind = argument(), argument(), numeric(), argument()
  local roomEpoch, offset = position(room, account)
  local list = entriesKey(room)
  local length = call('LLEN', list)
  local oldest = offset - length
  local function part(start, gap)
    local entries = most > 0 and call('LRANGE', list, start, start + most - 1) or {}
    return { roomEpoch, integer(offset), integer(oldest + start + 1), entries, gap and integer(gap) or false, used(account) }
  end
  if kind == 'selection' then return part(firstSelected(list, length)) end
  local fromEpoch, from = argument(), numeric()
  if fromEpoch ~= roomEpoch or from > offset then return part(length, offset) end
  if from < oldest then return part(0, oldest) end
  return part(from - oldest)
end

operations.position = function()
  local room, account = argument(), argument()
  local roomEpoch, offset = position(room, account)
  return { roomEpoch, integer(offset), used(account) }
end

-- The positions of rooms that exist. At a sweep, each is in use until the next one.
operations.positions = function()
  local sweptAt, positions = tonumber(optional()), {}
  for _ = 1, numeric() do
    local room = argument()
    local is = call('HMGET', roomKey(room), 'epoch', 'history', 'offset')
    if is[1] and is[2] == epoch then
      table.insert(positions, is[1] .. ' ' .. is[3])
    else
      table.insert(positions, '')
    end
    if is[1] and sweptAt then
      call('HDEL', roomKey(room), 'idle')
      if call('EXISTS', entriesKey(room)) == 0 then call('ZADD', roomsDue, sweptAt + 1, room) end
    end
  end
  return positions
end

operations.membership = function()
  local room, member = argument(), argument()
  return call('HGET', membersKey(room), member) or call('HGET', roomKey(room), 'membershipBase') or '0'
end

operations.endMembership = function()
  local room, member = argument(), argument()
  local key, members = roomKey(room), membersKey(room)
  if call('EXISTS', key) == 0 then return 0 end
  local newest = call('HINCRBY', key, 'membershipLast', 1)
  if call('HLEN', members) < 1000 or call('HEXISTS', members, member) == 1 then
    call('HSET', members, member, newest)
  else
    call('UNLINK', members)
    call('HSET', key, 'membershipBase', newest)
  end
  return 1
end

operations.sweepRooms = function()
  local sweptAt, idle = numeric(), numeric()
  local found = call('ZRANGEBYSCORE', roomsDue, '-inf', sweptAt, 'LIMIT', 0, 100)
  for _, room in ipairs(found) do
    local key, list = roomKey(room), entriesKey(room)
    local is = call('HMGET', key, 'ms', 'idle')
    local ms = tonumber(is[1] or '0')
    local _, bytes = dropUpTo(list, sweptAt - ms)
    if bytes > 0 then call('HINCRBY', key, 'bytes', -bytes) end
    local head = call('LINDEX', list, 0)
    local since = tonumber(is[2] or '') or sweptAt
    if head then
      call('HDEL', key, 'idle')
      call('ZADD', roomsDue, timeAndSize(head) + ms, room)
    elseif sweptAt - since >= idle then
      countFor(call('HGET', key, 'account'), -1024 - #room)
      call('UNLINK', key, list, membersKey(room))
      call('ZREM', roomsDue, room)
    else
      call('HSET', key, 'idle', since)
      call('ZADD', roomsDue, math.min(since + idle, sweptAt + 3600000), room)
    end
  end
  return #found == 100 and 1 or 0
end
`;
