#!lua flags=allow-oom
-- Changes a job, by whoever may. KEYS: job, its lease, the jobs that are not over.
-- ARGV: what ('take', 'keep', 'leave', 'end', 'cancel', 'give up'), token, lease (ms), time to
--       live of a job (ms), id, then fields and values that are set
-- 'take' holds the job for a token; 'keep' notes how far its holder is, 'leave' lets go of it so
-- that another may take it, 'end' lets go of it for good; 'cancel' ends what nobody holds, and asks
-- the holder of what somebody does; 'give up' ends what nobody holds. Whose lease ran out holds the
-- job still if nobody has taken it since.
-- Answer: 'ok', or why nothing was done: 'missing', 'over', 'held', 'lost'; 'unwanted' where it was
-- taken or kept though somebody asked to cancel it.
local job, lease, open = KEYS[1], KEYS[2], KEYS[3]
local what, token = ARGV[1], ARGV[2]
local state = redis.call('HGET', job, 'state')
if not state then
  redis.call('ZREM', open, ARGV[5])
  return 'missing'
end
if state ~= 'queued' and state ~= 'running' then return 'over' end
local holder = redis.call('GET', lease)

local function set()
  for at = 6, #ARGV, 2 do redis.call('HSET', job, ARGV[at], ARGV[at + 1]) end
  redis.call('PEXPIRE', job, ARGV[4])
end
local function finish()
  set()
  redis.call('ZREM', open, ARGV[5])
  redis.call('DEL', lease)
end

if what == 'cancel' or what == 'give up' then
  if not holder then
    finish()
    return 'ok'
  end
  if what == 'cancel' then redis.call('HSET', job, 'is_unwanted', '1') end
  return 'held'
end
if what == 'take' then
  if holder and holder ~= token then return 'held' end
  redis.call('HINCRBY', job, 'tries', 1)
  redis.call('HSET', job, 'token', token)
elseif holder ~= token and (holder or redis.call('HGET', job, 'token') ~= token) then
  return 'lost'
end
if what == 'end' then
  finish()
  return 'ok'
end
set()
if what == 'leave' then
  redis.call('DEL', lease)
  return 'ok'
end
redis.call('SET', lease, token, 'PX', ARGV[3])
return redis.call('HGET', job, 'is_unwanted') == '1' and 'unwanted' or 'ok'
