#!lua flags=allow-oom
-- Deletes a comment at once, or what is left of one that expired, and then its older revisions and what its labels taught, at most 100
-- of both a call; what is left is noted for the next call.
-- KEYS: site, comment prefix, queued, approved, held, spam, day counters, external bucket,
--       label prefix, checkpoints, deletions under way, channel of those who wait, prefix of what
--       leads to last entries of the label log
-- ARGV: id, external id ('' none), how far back (labels) a learner may be made anew at once
-- Answer: {'missing'} or {'ok', number of label entries emptied, 1 if a job must rebuild, 1 if it
-- must be called again}
local id, room = ARGV[1], 100
local key = KEYS[2] .. id
local labelled = comment_labelled_key(KEYS[13], id)
local noted = redis.call('HGET', KEYS[11], id)
local revision, seq
if noted then
  revision, seq = struct.unpack('>I4I4', noted)
else
  local c = comment_load(key)
  local taught = redis.call('HGET', labelled, id)
  if c then
    revision, seq = c.revision - 1, c.last
    redis.call('DEL', key)
    if c.status == COMMENT_QUEUED then redis.call('SPUBLISH', KEYS[12], id) end
  elseif taught then
    revision, seq = struct.unpack('>I4I4', taught)
  else
    return {'missing'}
  end
  redis.call('HDEL', labelled, id)
  for set = 3, 6 do redis.call('ZREM', KEYS[set], id) end
  if ARGV[2] ~= '' and redis.call('HGET', KEYS[8], ARGV[2]) == id then
    redis.call('HDEL', KEYS[8], ARGV[2])
  end
  comment_count(KEYS[7], 'deleted', 1)
end

while revision > 0 and room > 0 do
  redis.call('DEL', key .. ':' .. revision)
  revision, room = revision - 1, room - 1
end
local emptied, oldest = 0, nil
while seq > 0 and room > 0 do
  local e = comment_label_load(KEYS[9] .. seq)
  if not e then seq = 0; break end
  e.kind, e.label, e.decision, e.day, e.example = LABEL_ERASED, 0, '', '', ''
  redis.call('SET', KEYS[9] .. seq, comment_label_pack(e))
  emptied, oldest, seq, room = emptied + 1, seq, e.previous, room - 1
end
local left = revision > 0 or seq > 0
if left then
  redis.call('HSET', KEYS[11], id, struct.pack('>I4I4', revision, seq))
elseif noted then
  redis.call('HDEL', KEYS[11], id)
end
local more = (left or noted) and 1 or 0
if not oldest then return {'ok', 0, 0, more} end

local labels = tonumber(redis.call('HGET', KEYS[1], 'labels'))
redis.call('HINCRBY', KEYS[1], 'epoch', 1)
if labels - oldest >= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], 'rebuild', 1)
  return {'ok', emptied, 1, more}
end
for _, field in ipairs(redis.call('HKEYS', KEYS[10])) do
  if tonumber(string.match(field, ':(%d+)$')) >= oldest then
    redis.call('HDEL', KEYS[10], field)
  end
end
return {'ok', emptied, 0, more}
