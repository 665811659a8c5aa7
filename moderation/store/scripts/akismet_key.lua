#!lua flags=allow-oom
-- Returns a key if it is good; of others, counts how many different ones came from an address.
-- KEYS: the hash of keys, numbers of the unknown keys that came from the address of late
-- ARGV: the key's keyed hash, its number, now (ms), most numbers that are kept, for how long (s)
-- Answer: the key's record ('' where there is none or it is over), how many (0 for a good key)
local record = redis.call('HGET', KEYS[1], ARGV[1])
if record then
  local expires = cjson.decode(record).expires_ms
  if not expires or expires == 0 or expires > tonumber(ARGV[3]) then return {record, 0} end
end
local kept = redis.call('SCARD', KEYS[2])
if kept < tonumber(ARGV[4]) then
  local added = redis.call('SADD', KEYS[2], ARGV[2])
  if kept == 0 then redis.call('EXPIRE', KEYS[2], ARGV[5]) end
  kept = kept + added
end
return {'', kept}
