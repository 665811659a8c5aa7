#!lua
-- Takes the oldest entries out of a site's outbox and lets them wait for each webhook that wants to
-- be told. KEYS: outbox; of each webhook: the prefix of its keys
-- ARGV: now (ms), entries at most, time to live of a message (ms), messages that may wait in a lane,
--       lanes that may wait, messages in the log; of each webhook: kinds that it wants with blanks
--       around each
-- A lane holds what is told of one comment, in its order. Where too many lanes wait, a webhook that
-- fails is not told at all, which is counted; for one that does not fail the outbox waits.
-- Answer: how many entries were taken.
local now, ttl, deep, wide, logged = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]),
  tonumber(ARGV[6])

-- Takes from the log what is too much; a message that waits is deleted when it was told.
local function trim(prefix)
  local log = prefix .. 'log'
  local over = redis.call('ZCARD', log) - logged
  if over <= 0 then return end
  for _, id in ipairs(redis.call('ZRANGE', log, 0, over - 1)) do
    if redis.call('HGET', prefix .. 'message:' .. id, 'outcome') ~= 'waiting' then
      redis.call('DEL', prefix .. 'message:' .. id)
    end
  end
  redis.call('ZREMRANGEBYRANK', log, 0, over - 1)
end

local function put(prefix, id, event)
  local message, lane = prefix .. 'message:' .. id, prefix .. 'lane:' .. event.lane
  if redis.call('EXISTS', message) == 1 then return end
  if redis.call('LLEN', lane) >= deep then
    redis.call('HINCRBY', prefix .. 'health', 'dropped', 1)
    return
  end
  redis.call('HSET', message, 'kind', event.kind, 'id', event.lane, 'state', event.state, 'decision',
    event.decision, 'at', event.at, 'tries', 0, 'outcome', 'waiting', 'due', now)
  redis.call('PEXPIRE', message, ttl)
  redis.call('RPUSH', lane, id)
  redis.call('PEXPIRE', lane, ttl)
  redis.call('ZADD', prefix .. 'lanes', 'NX', now, event.lane)
  redis.call('PEXPIRE', prefix .. 'lanes', ttl)
  redis.call('ZADD', prefix .. 'log', event.at, id)
  redis.call('PEXPIRE', prefix .. 'log', ttl)
  trim(prefix)
end

local entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])
local done = {}
for _, entry in ipairs(entries) do
  local event = {at = string.match(entry[1], '^%d+')}
  for i = 1, #entry[2], 2 do event[entry[2][i]] = entry[2][i + 1] end
  event.lane = event.id
  for hook = 2, #KEYS do
    if string.find(ARGV[5 + hook], ' ' .. event.kind .. ' ', 1, true) then
      local prefix = KEYS[hook]
      if redis.call('ZCARD', prefix .. 'lanes') < wide then
        put(prefix, event.name or entry[1], event)
      elseif redis.call('HEXISTS', prefix .. 'health', 'failing') == 1 then
        redis.call('HINCRBY', prefix .. 'health', 'dropped', 1)
      else
        if #done > 0 then redis.call('XDEL', KEYS[1], unpack(done)) end
        return #done
      end
    end
  end
  done[#done + 1] = entry[1]
end
if #done > 0 then redis.call('XDEL', KEYS[1], unpack(done)) end
return #done
