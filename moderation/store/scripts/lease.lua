#!lua flags=allow-oom
-- Takes, keeps or gives back a lease; only who holds it may keep it or give it back. KEYS: lease.
-- ARGV: what ('claim', 'keep', 'release', 'hand over'), token, lease (ms)
-- Answer: 1 if the caller holds it (or held it, on release), else 0.
local holder = redis.call('GET', KEYS[1])
local what, token = ARGV[1], ARGV[2]
if what == 'claim' then
  if holder and holder ~= 'rung' and holder ~= token then return 0 end
  redis.call('SET', KEYS[1], token, 'PX', ARGV[3])
  return 1
end
if holder ~= token then return 0 end
if what == 'keep' then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
elseif what == 'hand over' then
  redis.call('SET', KEYS[1], 'rung', 'PX', ARGV[3])
else
  redis.call('DEL', KEYS[1])
end
return 1
