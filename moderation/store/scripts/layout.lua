#!lua
-- Raises the number of the layout, unless somebody else changed it meanwhile.
-- KEYS: the number. ARGV: what it was, what it becomes.
-- Answer: 1 if it was raised, else 0.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
