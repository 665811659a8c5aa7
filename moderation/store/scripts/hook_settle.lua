#!lua flags=allow-oom
-- Notes what became of a try to tell a webhook of a message. KEYS: prefix of the webhook's keys
-- ARGV: now (ms), lane, message, outcome ('told', 'again', 'given up', 'gone'), what was answered,
--       when to try again (ms), until when nothing is sent (ms, 0: at once), how long a webhook may
--       fail before it is disabled (ms), 1 where the answer says that it is there no longer
-- Answer: 'failing' or 'gone' where the webhook is disabled by this, '' where it is not; false where
-- another has settled the message.
local prefix, now, outcome = KEYS[1], tonumber(ARGV[1]), ARGV[4]
local lanes, line = prefix .. 'lanes', prefix .. 'lane:' .. ARGV[2]
local message, health = prefix .. 'message:' .. ARGV[3], prefix .. 'health'
if redis.call('LINDEX', line, 0) ~= ARGV[3] or redis.call('EXISTS', message) == 0 then return false end
redis.call('HINCRBY', message, 'tries', 1)
redis.call('HSET', message, 'answer', ARGV[5], 'tried', now)
if outcome == 'again' then
  redis.call('HSET', message, 'due', ARGV[6])
  redis.call('ZADD', lanes, ARGV[6], ARGV[2])
else
  redis.call('HSET', message, 'outcome', outcome)
  redis.call('LPOP', line)
  if redis.call('EXISTS', line) == 1 then
    redis.call('ZADD', lanes, now, ARGV[2])
  else
    redis.call('ZREM', lanes, ARGV[2])
  end
  if not redis.call('ZSCORE', prefix .. 'log', ARGV[3]) then redis.call('DEL', message) end
end
if outcome == 'gone' then return '' end
redis.call('HSET', health, 'tried', now, 'answer', ARGV[5])
if outcome == 'told' then
  redis.call('HDEL', health, 'failing')
  redis.call('HSET', health, 'told', now)
  return ''
end
if ARGV[7] ~= '0' then redis.call('HSET', health, 'paused', ARGV[7]) end
redis.call('HSETNX', health, 'failing', now)
local why = ARGV[9] == '1' and 'gone'
if not why and now - redis.call('HGET', health, 'failing') >= tonumber(ARGV[8]) then why = 'failing' end
if not why or redis.call('HEXISTS', health, 'disabled') == 1 then return '' end
redis.call('HSET', health, 'disabled', why, 'since', now)
return why
