#!lua flags=allow-oom
-- Deletes a comment, its older revisions and what its labels taught.
-- KEYS: site, comment prefix, queued, approved, held, spam, day counters, external bucket,
--       label prefix, checkpoints
-- ARGV: id, external id ('' none), how far back (labels) a learner may be made anew at once
-- Answer: {'missing'} or {'ok', number of label entries emptied, 1 if a job must rebuild}
local id = ARGV[1]
local key = KEYS[2] .. id
local c = comment_load(key)
if not c then return {'missing'} end

redis.call('DEL', key)
for revision = 1, c.revision - 1 do redis.call('DEL', key .. ':' .. revision) end
for set = 3, 6 do redis.call('ZREM', KEYS[set], id) end
if ARGV[2] ~= '' and redis.call('HGET', KEYS[8], ARGV[2]) == id then
  redis.call('HDEL', KEYS[8], ARGV[2])
end
redis.call('HINCRBY', KEYS[7], 'deleted', 1)

local emptied, oldest, seq = 0, nil, c.last
while seq > 0 do
  local e = comment_label_load(KEYS[9] .. seq)
  if not e then break end
  e.kind, e.label, e.decision, e.example = LABEL_ERASED, 0, '', ''
  redis.call('SET', KEYS[9] .. seq, comment_label_pack(e))
  emptied, oldest, seq = emptied + 1, seq, e.previous
end
if not oldest then return {'ok', 0, 0} end

local labels = tonumber(redis.call('HGET', KEYS[1], 'labels'))
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
if labels - oldest >= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'rebuild', 1)
  return {'ok', emptied, 1}
end
for _, field in ipairs(redis.call('HKEYS', KEYS[10])) do
  if tonumber(string.match(field, ':(%d+)$')) >= oldest then
    redis.call('HDEL', KEYS[10], field)
  end
end
return {'ok', emptied, 0}
