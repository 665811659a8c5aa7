#!lua
-- Writes up to 100 comments of one site, each with or without a verdict and a decision, at once.
-- KEYS: site, comment prefix, queued, approved, held, spam, inbox, day counters, external prefix,
--       label prefix, label log, idempotency key, limit key, snapshot of the shard,
--       channel of those who wait, prefix of what leads to last entries of the label log,
--       prefixes of authors and of those alike, sample, stream of changes
-- ARGV: site's name, now (ms), what the caller knows ('' nothing: the revision of the tokens, or
--       those of tokens and settings with a blank between them), time to live by status ×4 (ms,
--       0: for ever), digest of the request ('' no idempotency key), time to live of it, comments
--       allowed a minute (0: any number), number of comments, how far back (labels) a learner may
--       be made anew at once, what counts against the limit, what the verdicts were made with
--       ('' unasked: labels, epoch, revisions of settings and tokens, time of making, snapshot, as
--       in read.lua, with a blank between them), words a comment, how the labels came (0: as each
--       comment shows), evidence drawn with the first of them (as in comment.lua);
--       a comment in 4 words: id, external id, its bucket, the comment as it is stored when new;
--       or in 11: who judged, decided label (0: none), decision, example, marks of its authors and of
--       those alike, how many are kept of those drawn (0: it was not drawn) besides;
--       then notes on the first comment if it is new, which live as long as it: a prefix to which
--       its id is added, what stands there; a key that leads to its id, '' in place of that
-- Comments that have no verdict wait together in one entry of the inbox: ids, revisions and sizes.
-- Answer: {'ok', for each comment packed: id, kind, revision, status} kind: n new, r revised, s the
--       same again; after one that was not new comes that comment as it then is; {'changed'},
--       {'limited'}, {'conflict'} or {'stale', what read.lua answers} with nothing written.
-- A comment whose id is there already was written by this very call, whose answer was lost: it is
-- new to the caller, and counted no second time.
local k = {meta = KEYS[1], comment = KEYS[2], day = KEYS[8], label = KEYS[10], labels = KEYS[11],
  site = ARGV[1], sets = {[0] = KEYS[3], KEYS[4], KEYS[5], KEYS[6]},
  labelled = KEYS[16], replayable = tonumber(ARGV[12]), how = tonumber(ARGV[16]),
  evidence = ARGV[17]}
local inbox, external = KEYS[7], KEYS[9]
local now = tonumber(ARGV[2])
local ttls = {[0] = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])}
local allowed, n, words = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[15])

if ARGV[14] ~= '' then
  local meta = redis.call('HMGET', k.meta, 'labels', 'epoch', 'settings', 'tokens', 'created')
  for i = 1, 5 do meta[i] = meta[i] or '0' end
  local snapshot = redis.call('GET', KEYS[14]) or ''
  if table.concat(meta, ' ') .. ' ' .. snapshot ~= ARGV[14] then
    return {'stale', tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4]),
      snapshot, tonumber(meta[5])}
  end
elseif ARGV[3] ~= '' then
  local meta = redis.call('HMGET', k.meta, 'tokens', 'settings', 'created')
  -- A site that was removed has no revisions, as one whose tokens were never changed.
  if not meta[3] then return {'changed'} end
  local known = meta[1] or '0'
  if string.find(ARGV[3], ' ', 1, true) then known = known .. ' ' .. (meta[2] or '0') end
  if known ~= ARGV[3] then return {'changed'} end
end
if ARGV[8] ~= '' then
  local before = redis.call('GET', KEYS[12])
  if before then
    if string.sub(before, 1, #ARGV[8]) ~= ARGV[8] then return {'conflict'} end
    local answer = cmsgpack.unpack(string.sub(before, #ARGV[8] + 1))
    return answer
  end
end
if allowed > 0 then
  local charge = tonumber(ARGV[13])
  local used = redis.call('INCRBY', KEYS[13], charge)
  if used == charge then redis.call('PEXPIRE', KEYS[13], 120000) end
  if used > allowed then
    redis.call('DECRBY', KEYS[13], charge)
    return {'limited'}
  end
end

local counts, judged, waiting, answers = {}, {}, {}, {}
local into, places = {[0] = {}, {}, {}, {}}, {}
local function pack(kind, revision, status) return struct.pack('>c1I4B', kind, revision, status) end
local NEW = pack('n', 1, COMMENT_QUEUED)
local function count(field) counts[field] = (counts[field] or 0) + 1 end

-- Notes that a revision waits for its verdict, or counts the one it came with; what came with its
-- label was not asked about.
local function wait_or_count(at, id, c)
  if c.verdict == '' then
    waiting[#waiting + 1] = id .. struct.pack('>I4I4', c.revision, #c.submission)
  elseif c.told ~= COMMENT_TOLD_NOTHING then
    if COMMENT_TOLD[c.told] then count(COMMENT_TOLD[c.told]) end
    local code = 100 * c.verdict_status + 10 * c.verdict_label + tonumber(ARGV[at + 4])
    judged[code] = (judged[code] or 0) + 1
  end
end

-- Notes what a comment became with its authors and those like it, and that it was drawn.
local function settle(at, id, c, from, is_new_text)
  author_note(KEYS[17], ARGV[at + 8], id, from, c.status)
  if from == COMMENT_HELD and (c.status ~= from or is_new_text) then
    alike_leave(KEYS[18], id, ARGV[at + 9])
  end
  if c.status == COMMENT_HELD and (from ~= c.status or is_new_text) then
    alike_join(KEYS[18], id, ARGV[at + 9])
  end
  if c.decision ~= '' then
    redis.call('ZREM', KEYS[19], id)
  elseif ARGV[at + 10] ~= '0' then
    comment_draw(KEYS[19], id, tonumber(ARGV[at + 10]))
  end
end

-- Puts what was sent again on the comment that is known, and says whether it is to be written.
local function revise(at, id, c, new, label)
  if c.digest ~= new.digest then
    comment_save(k.comment .. id .. ':' .. c.revision, c, ttls[c.status])
    c.revision, c.decision, c.digest, c.submission = c.revision + 1, '', new.digest, new.submission
    c.status, c.told = new.status, new.told
    count('revisions')
  elseif new.verdict ~= '' and c.verdict == '' then
    if c.decision == '' then c.status = new.status end
    c.told = new.told
  else
    return label > 0
  end
  c.verdict_status, c.verdict_label, c.verdict, c.updated =
    new.verdict_status, new.verdict_label, new.verdict, now
  wait_or_count(at, id, c)
  return true
end

local function put_new(key, text, ttl)
  if ttl > 0 then return redis.call('SET', key, text, 'NX', 'PX', ttl) end
  return redis.call('SET', key, text, 'NX')
end

local function accept(at)
  local id, ext, text = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  local label = words > 4 and tonumber(ARGV[at + 5]) or 0
  local c, again
  if ext ~= '' then
    local bucket = external .. ARGV[at + 2]
    if redis.call('HSETNX', bucket, ext, id) == 0 then
      local known = redis.call('HGET', bucket, ext)
      c = comment_load(k.comment .. known)
      if c then id, again = known, known == id else redis.call('HSET', bucket, ext, id) end
    end
  end
  if not c and words == 4 then
    if not put_new(k.comment .. id, text, ttls[COMMENT_QUEUED]) then return id .. NEW end
    waiting[#waiting + 1] = id .. struct.pack('>I4I4', 1, #text)
    count('comments')
    local ids = into[COMMENT_QUEUED]
    ids[#ids + 1], ids[#ids + 2] = '0', id
    return id .. NEW
  end
  local kind, from
  if not c then
    local status = string.byte(text, 2)
    if not put_new(k.comment .. id, text, ttls[status]) then return id .. pack('n', 1, status) end
    kind, c = 'n', comment_open(text)
    count('comments')
    wait_or_count(at, id, c)
  else
    local before = c.revision
    from = c.status
    local changed = revise(at, id, c, comment_open(text), label)
    kind = c.revision > before and 'r' or again and 'n' or 's'
    if not changed then
      return id .. pack(kind, c.revision, again and string.byte(text, 2) or c.status)
    end
    if from ~= c.status then redis.call('ZREM', k.sets[from], id) end
    comment_save(k.comment .. id, c, ttls[c.status])
  end
  if label > 0 then
    local current = c.decision ~= '' and comment_label_load(k.label .. c.active)
    if not (current and current.label == label) then
      comment_decide(k, id, c, label, ARGV[at + 6], ARGV[at + 7], now, ttls)
    end
  end
  if words > 4 then settle(at, id, c, from or COMMENT_QUEUED, kind == 'r') end
  -- The same comment may come twice in a call: its last status counts.
  places[id] = c.status
  if from == COMMENT_QUEUED and c.status ~= from then redis.call('SPUBLISH', KEYS[15], id) end
  return id .. pack(kind, c.revision, c.status)
end

for i = 1, n do answers[i] = accept(18 + words * (i - 1)) end
local notes, id = 18 + words * n, string.sub(answers[1], 1, 16)
if places[id] and string.sub(answers[1], 17, 17) == 'n' then
  for at = notes, #ARGV, 2 do
    local key, value = ARGV[at], ARGV[at + 1]
    if value == '' then value = id else key = key .. id end
    comment_put(key, value, ttls[places[id]])
  end
end
for id, status in pairs(places) do
  local ids = into[status]
  ids[#ids + 1], ids[#ids + 2] = '0', id
end
local changed = {}
for status = 0, 3 do
  local ids = into[status]
  if #ids > 0 then redis.call('ZADD', k.sets[status], unpack(ids)) end
  for i = 2, #ids, 2 do changed[#changed + 1] = ids[i] end
end
if #changed > 0 then comment_changed(KEYS[20], k.site, table.concat(changed)) end
for field, by in pairs(counts) do comment_count(k.day, field, by) end
comment_count_verdicts(k.day, judged)
if #waiting > 0 then redis.call('XADD', inbox, '*', 's', k.site, 'i', table.concat(waiting)) end
local answer = {'ok', table.concat(answers)}
if n == 1 and string.sub(answer[2], 17, 17) ~= 'n' then
  answer[3] = redis.call('GET', k.comment .. string.sub(answer[2], 1, 16))
end
if ARGV[8] ~= '' then
  redis.call('SET', KEYS[12], ARGV[8] .. cmsgpack.pack(answer), 'PX', ARGV[9])
end
return answer
