/**
 * The beginning of the script: reads what every call has, finds out whether Redis still has its history, and runs a call once
 * although it arrives twice. Every key begins with the part of `KEYS[1]` before "meta", which has the hash tag of the app.
 *
 * The hash "meta" has `epoch`, the history that new sessions belong to; `run`, the run of the Redis server that wrote last;
 * `writes`, how many calls have written; `since`, that number when `run` began; `clock`, the time of the newest sweep; and
 * `proofKey`. A new run keeps the epoch if it has read an append-only file and was no replica, and if no process knows of
 * more writes than it has. A replica that is promoted keeps it too, if the store waits for replicas, and the first process that
 * calls knows the run before and no write that the replica lacks.
 *
 * The hash "calls:<process>" has the newest call of a process, and the replies that the process has not received yet.
 */
export const scriptBegin = `
local call = redis.call
local operations = {}
local prefix = string.sub(KEYS[1], 1, -5)
local meta = KEYS[1]
local operation, process, number, answered, knownRun, knownWrites, givenNow, seed, proofKey, waits = unpack(ARGV, 1, 10)
local at = 10

local function argument()
  at = at + 1
  return ARGV[at]
end
local function numeric()
  return tonumber(argument())
end
local function optional()
  local has, value = argument(), argument()
  return has == '1' and value or nil
end
local function integer(value)
  return string.format('%.0f', value)
end

local time
local function now()
  if givenNow ~= '' then return tonumber(givenNow) end
  if not time then
    local parts = call('TIME')
    local clock = tonumber(call('HGET', meta, 'clock') or '0')
    time = math.max(parts[1] * 1000 + math.floor(parts[2] / 1000), clock)
  end
  return time
end

local known = call('HMGET', meta, 'epoch', 'run', 'writes', 'since')
local epoch, writes = known[1], tonumber(known[3] or '0')
local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
local isNewRun = known[2] ~= run
local first = isNewRun and writes or tonumber(known[4])
local function isContinued()
  return string.find(call('INFO', 'persistence'), 'aof_enabled:1', 1, true)
    and (string.find(call('INFO', 'replication'), 'second_repl_offset:-1', 1, true)
      or waits == '1' and knownRun == known[2])
end
local hasLost = knownRun ~= '' and knownRun ~= run and tonumber(knownWrites) > first
if not epoch or isNewRun or hasLost then
  if not epoch or hasLost or not isContinued() then epoch = seed end
  writes = math.max(writes, tonumber(knownWrites))
  call('HSET', meta, 'epoch', epoch, 'run', run, 'writes', writes, 'since', writes)
end

local function reply(value)
  return { run, integer(writes), value }
end

local function publish(channel, message)
  call('PUBLISH', prefix .. channel, run .. ' ' .. message)
end

-- A write that comes after all others: a replica that has it has them too.
operations.confirm = function()
  call('HINCRBY', meta, 'confirmations', 1)
  return run
end

local calls = prefix .. 'calls:' .. process
if number ~= '' then
  local before = call('HMGET', calls, 'last', 'answered')
  local n, settled = tonumber(number), tonumber(answered)
  local last = math.max(tonumber(before[1] or '0'), settled)
  if n <= last then
    local kept = call('HGET', calls, number)
    return reply(kept and cmsgpack.unpack(kept))
  end
  if n > last + 1 then return redis.error_reply('SYMBOLON_ORDER call ' .. number .. ' before ' .. integer(last + 1)) end
  for old = tonumber(before[2] or answered) + 1, settled do call('HDEL', calls, old) end
  call('HSET', calls, 'last', number, 'answered', answered)
  if not before[1] or n % 100 == 0 then call('PEXPIRE', calls, 3600000) end
end
`;

/** The end of the script: runs the operation, and keeps its reply until the process has received it. */
export const scriptEnd = `
local value = operations[operation]()
if number ~= '' then
  call('HSET', calls, number, cmsgpack.pack(value))
  writes = call('HINCRBY', meta, 'writes', 1)
end
return reply(value)
`;
