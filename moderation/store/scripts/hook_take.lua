#!lua flags=allow-oom
-- Takes the first message of the lane that waits longest, and has the lane wait until a lease is over:
-- whoever took it and dies is followed by another. KEYS: prefix of the webhook's keys
-- ARGV: now (ms), lease (ms). Answer: {lane, message, its fields}, {} where nothing is due.
local prefix, now = KEYS[1], tonumber(ARGV[1])
local lanes = prefix .. 'lanes'
local health = redis.call('HMGET', prefix .. 'health', 'disabled', 'paused')
if health[1] or tonumber(health[2] or 0) > now then return {} end
for _, lane in ipairs(redis.call('ZRANGEBYSCORE', lanes, '-inf', now, 'LIMIT', 0, 100)) do
  local line = prefix .. 'lane:' .. lane
  local id = redis.call('LINDEX', line, 0)
  while id do
    local message = redis.call('HGETALL', prefix .. 'message:' .. id)
    if #message > 0 then
      redis.call('ZADD', lanes, now + ARGV[2], lane)
      return {lane, id, message}
    end
    redis.call('LPOP', line)  -- It waited for so long that it expired.
    id = redis.call('LINDEX', line, 0)
  end
  redis.call('ZREM', lanes, lane)
end
return {}
