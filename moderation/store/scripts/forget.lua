#!lua flags=allow-oom
-- Deletes a comment at once, or what is left of one that expired, and then its older revisions and
-- what its labels taught, at most 100 of both a call, and the evidence that was drawn with these
-- labels; what is left is noted for the next call.
-- A label's text goes at once, and that of its evidence. Learners lose both at once too, with the
-- epoch, where they can be made anew from before them: they are not too far back, and a checkpoint
-- stands between them and what learners still hold of other erased labels. Else they hold them until
-- a job has made them anew.
-- KEYS: site, comment prefix, queued, approved, held, spam, day counters, external bucket,
--       label prefix, checkpoints, deletions under way, channel of those who wait, prefix of what
--       leads to last entries of the label log, prefixes of authors and of those alike, sample,
--       stream of changes
-- ARGV: id, external id ('' none), how far back (labels) a learner may be made anew at once, marks of
--       its authors and of those alike, site's name, of one that cannot be read its newest older
--       revision that is there (-1: it can be read)
-- Answer: {'missing'} or {'ok', number of label entries emptied, 1 if a job must rebuild, 1 if it
-- must be called again}
local id, room = ARGV[1], 100
local key = KEYS[2] .. id
local labelled = log().labelled_key(KEYS[13], id)
local noted = redis.call('HGET', KEYS[11], id)
local revision, seq
if noted then
  revision, seq = struct.unpack('>I4I4', noted)
else
  local text = redis.call('GET', key)
  local is_read, c = pcall(comment_open, text or '')
  local older = tonumber(ARGV[7])
  local taught = redis.call('HGET', labelled, id)
  if text and (older >= 0 or not is_read) then
    -- What cannot be read goes all the same, with its older revisions and what its labels taught;
    -- what its header seems to say may be anything.
    redis.call('DEL', key)
    revision, seq = 0, 0
    if taught then revision, seq = struct.unpack('>I4I4', taught) end
    revision = math.max(revision, older)
  elseif text then
    revision, seq = c.revision - 1, c.last
    redis.call('DEL', key)
    author_note(KEYS[14], ARGV[4], id, c.status, 0)
    if c.status == COMMENT_HELD then alike().leave(KEYS[15], id, ARGV[5]) end
    if c.status == COMMENT_QUEUED then redis.call('SPUBLISH', KEYS[12], id) end
  elseif taught then
    revision, seq = struct.unpack('>I4I4', taught)
  else
    return {'missing'}
  end
  weighing(signals()).weigh(KEYS[14], KEYS[15], id, ARGV[4], 0, 0, redis.call('TIME')[1] * 1000)
  redis.call('HDEL', labelled, id)
  redis.call('ZREM', KEYS[16], id)
  for set = 3, 6 do redis.call('ZREM', KEYS[set], id) end
  if ARGV[2] ~= '' and redis.call('HGET', KEYS[8], ARGV[2]) == id then
    redis.call('HDEL', KEYS[8], ARGV[2])
  end
  comment_count(KEYS[7], 'deleted', 1)
  comment_changed(KEYS[17], ARGV[6], id)
end

while revision > 0 and room > 0 do
  redis.call('DEL', key .. ':' .. revision)
  revision, room = revision - 1, room - 1
end
local entries = {}
local function take(at)
  local e = log().load(KEYS[9] .. at)
  -- What was erased with another comment's label stays as it is.
  if e and e.kind ~= LABEL_ERASED then entries[#entries + 1], room = {at, e}, room - 1 end
  return e
end
while seq > 0 and room > 0 do
  local e = take(seq)
  if not e then seq = 0; break end
  for at = seq - e.kept, seq - 1 do take(at) end
  seq = e.previous
end
table.sort(entries, function(a, b) return a[1] > b[1] end)
local left = revision > 0 or seq > 0
if left then
  redis.call('HSET', KEYS[11], id, struct.pack('>I4I4', revision, seq))
elseif noted then
  redis.call('HDEL', KEYS[11], id)
end
local more = (left or noted) and 1 or 0
if #entries == 0 then return {'ok', 0, 0, more} end

local meta = redis.call('HMGET', KEYS[1], 'labels', 'epoch', 'erased')
local labels, epoch, held = tonumber(meta[1]), tonumber(meta[2] or 0), tonumber(meta[3] or 0)
local checkpoints = redis.call('HKEYS', KEYS[10])
local function place(field) return tonumber(string.match(field, ':(%d+)$')) end

local function replayable(at)
  if labels - at >= tonumber(ARGV[3]) then return false end
  for _, field in ipairs(checkpoints) do
    if place(field) < at and place(field) >= held then return true end
  end
  return held == 0
end

-- From the oldest on: where one can be replayed, those after it can.
local oldest, far = nil, 0
for i = #entries, 1, -1 do
  local at, e = entries[i][1], entries[i][2]
  local taught = e.kind == LABEL_ADDED or e.kind == LABEL_KEPT
  e.kind, e.label, e.decision, e.day, e.example = LABEL_ERASED, 0, '', '', ''
  e.how, e.kept = 0, 0
  if not taught then
    -- A withdrawal taught nothing; what it switched off stays off.
  elseif oldest or replayable(at) then
    oldest = oldest or at
    e.example = log().erased(epoch + 1, 0)
  else
    held, far = math.max(held, at), 1
    e.example = log().erased(0, labels)
  end
  redis.call('SET', KEYS[9] .. at, log().pack(e))
end
redis.call('HINCRBY', KEYS[1], 'stale', #entries)
if far == 1 then
  redis.call('HSET', KEYS[1], 'erased', held)
  redis.call('HINCRBY', KEYS[1], 'rebuild', 1)
end
if oldest then
  redis.call('HINCRBY', KEYS[1], 'epoch', 1)
  for _, field in ipairs(checkpoints) do
    if place(field) >= oldest then redis.call('HDEL', KEYS[10], field) end
  end
end
return {'ok', #entries, far, more}
