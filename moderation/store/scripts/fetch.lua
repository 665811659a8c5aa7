#!lua flags=no-writes
-- Reads up to 100 comments of one site. KEYS: their keys
-- Answer: for each its bytes, false for one that is gone, and its time to live as PTTL says it
local answer = {}
for i = 1, #KEYS do
  answer[2 * i - 1] = redis.call('GET', KEYS[i])
  answer[2 * i] = redis.call('PTTL', KEYS[i])
end
return answer
