#!lua flags=allow-oom
-- Writes anew what is kept of a comment's checks and what leads to it, unless that changed
-- meanwhile; and counts what a site is told of a comment that nobody decided since it was read.
-- KEYS: comment, trace, day that the comment was counted on; what is to lead to the comment; what
--       is not to any more
-- ARGV: comment's id, trace that the caller knows ('' none), new trace ('' none), how many keys are
--       to lead to it, when the comment was updated (ms), what the site is told now (0: as before)
-- Answer: 1, or 0 with nothing written where another trace stands there.
local id, new, leading = ARGV[1], ARGV[3], tonumber(ARGV[4])
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[2] then return 0 end
local c = comment_load(KEYS[1])

for at = 4 + leading, #KEYS do
  if redis.call('GET', KEYS[at]) == id then redis.call('DEL', KEYS[at]) end
end
if new == '' or not c then
  redis.call('DEL', KEYS[2])
  return 1
end
local ttl = redis.call('PTTL', KEYS[1])
comment_put(KEYS[2], new, ttl)
for at = 4, 3 + leading do comment_put(KEYS[at], id, ttl) end

local told = tonumber(ARGV[6])
local counted, counts = COMMENT_TOLD[c.told], COMMENT_TOLD[told]
if counted and counts and told ~= c.told and c.updated == tonumber(ARGV[5]) then
  c.told = told
  comment_save(KEYS[1], c, ttl)
  if redis.call('EXISTS', KEYS[3]) == 1 then
    redis.call('HINCRBY', KEYS[3], counted, -1)
    redis.call('HINCRBY', KEYS[3], counts, 1)
  end
end
return 1
