#!lua
-- Writes up to 100 comments of one site, each with or without a verdict and a decision, at once.
-- KEYS: site, comment prefix, queued, approved, held, spam, inbox, day counters, external prefix,
--       label prefix, label log, idempotency key, limit key, snapshot of the shard,
--       channel of those who wait
-- ARGV: site's name, now (ms), revision of the tokens that the caller knows ('' none), time to
--       live by status ×4 (ms, 0: for ever), digest of the request ('' no idempotency key), time
--       to live of it, comments allowed a minute (0: any number), number of comments, how far back
--       (labels) a learner may be made anew at once, what counts against the limit, what the
--       verdicts were made with ('' unasked: labels, epoch, revisions of settings and tokens,
--       time of making, snapshot, as in read.lua, with a blank between them);
--       a comment: id, external id, its bucket, digest, submission, status, status and label by
--       the verdict, who judged, verdict, decided label (0: none), decision, example;
--       then notes on the first comment, which live as long as it: a prefix to which its id is
--       added, what stands there; a key that leads to its id, '' in place of what stands there
-- Answer: {'ok', id, kind, revision, …} kind: n new, r revised, s the same again;
--       {'tokens'}, {'limited'}, {'conflict'} or {'stale', what read.lua answers} with nothing
--       written.
local k = {meta = KEYS[1], comment = KEYS[2], day = KEYS[8], label = KEYS[10], labels = KEYS[11],
  site = ARGV[1], sets = {[0] = KEYS[3], KEYS[4], KEYS[5], KEYS[6]},
  replayable = tonumber(ARGV[12])}
local inbox, external = KEYS[7], KEYS[9]
local now = tonumber(ARGV[2])
local ttls = {[0] = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])}
local allowed, n = tonumber(ARGV[10]), tonumber(ARGV[11])

if ARGV[14] ~= '' then
  local meta = redis.call('HMGET', k.meta, 'labels', 'epoch', 'settings', 'tokens', 'created')
  for i = 1, 5 do meta[i] = meta[i] or '0' end
  local snapshot = redis.call('GET', KEYS[14]) or ''
  if table.concat(meta, ' ') .. ' ' .. snapshot ~= ARGV[14] then
    return {'stale', tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4]),
      snapshot, tonumber(meta[5])}
  end
elseif ARGV[3] ~= '' and (redis.call('HGET', k.meta, 'tokens') or '0') ~= ARGV[3] then
  return {'tokens'}
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

local counts, places = {}, {}
local notes = 15 + 13 * n
local function count(field) counts[field] = (counts[field] or 0) + 1 end

local function put_verdict(c, status, verdict_status, verdict_label, by, verdict)
  c.status, c.verdict_status, c.verdict_label, c.verdict =
    status, verdict_status, verdict_label, verdict
  if verdict == '' then return end
  count('verdict_' .. verdict_status)
  count('label_' .. verdict_label)
  count('by_' .. by)
end

local function accept(at)
  local id, ext, digest = ARGV[at], ARGV[at + 1], ARGV[at + 3]
  local status, verdict_status, verdict_label, by, verdict = tonumber(ARGV[at + 5]),
    tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7]), ARGV[at + 8], ARGV[at + 9]
  local label = tonumber(ARGV[at + 10])
  local bucket = external .. ARGV[at + 2]
  local c, kind
  if ext ~= '' and redis.call('HSETNX', bucket, ext, id) == 0 then
    local known = redis.call('HGET', bucket, ext)
    c = comment_load(k.comment .. known)
    if c then id = known else redis.call('HSET', bucket, ext, id) end
  end
  local from = c and c.status
  if not c then
    kind = 'n'
    c = {revision = 1, decisions = 0, active = 0, last = 0, decision = '', digest = digest,
      submission = ARGV[at + 4], updated = now}
    put_verdict(c, status, verdict_status, verdict_label, by, verdict)
    count('comments')
  elseif c.digest ~= digest then
    kind = 'r'
    comment_save(k.comment .. id .. ':' .. c.revision, c, ttls[c.status])
    c.revision, c.decision, c.digest, c.submission, c.updated =
      c.revision + 1, '', digest, ARGV[at + 4], now
    put_verdict(c, status, verdict_status, verdict_label, by, verdict)
    count('revisions')
  else
    kind = 's'
    if verdict ~= '' and c.verdict == '' then
      local decided = c.decision ~= '' and c.status
      put_verdict(c, status, verdict_status, verdict_label, by, verdict)
      if decided then c.status = decided end
      c.updated = now
    elseif label == 0 then
      return id, kind, c.revision
    end
  end
  if from and from ~= c.status then redis.call('ZREM', k.sets[from], id) end
  comment_save(k.comment .. id, c, ttls[c.status])
  if verdict == '' and kind ~= 's' then
    redis.call('XADD', inbox, '*', 's', k.site, 'i', id, 'r', c.revision)
  end
  if label > 0 then
    local current = c.decision ~= '' and comment_label_load(k.label .. c.active)
    if not (current and current.label == label) then
      comment_decide(k, id, c, label, ARGV[at + 11], ARGV[at + 12], now, ttls)
    end
  end
  places[id] = c.status
  if from == COMMENT_QUEUED and c.status ~= from then redis.call('SPUBLISH', KEYS[15], id) end
  return id, kind, c.revision
end

local answer = {'ok'}
for i = 0, n - 1 do
  local id, kind, revision = accept(15 + 13 * i)
  answer[#answer + 1] = id
  answer[#answer + 1] = kind
  answer[#answer + 1] = revision
end
if #ARGV >= notes then
  local id = answer[2]
  local ttl = redis.call('PTTL', k.comment .. id)
  for at = notes, #ARGV, 2 do
    local key, value = ARGV[at], ARGV[at + 1]
    if value == '' then value = id else key = key .. id end
    if ttl > 0 then redis.call('SET', key, value, 'PX', ttl) else redis.call('SET', key, value) end
  end
end
local into = {[0] = {}, {}, {}, {}}
for id, status in pairs(places) do
  local ids = into[status]
  ids[#ids + 1], ids[#ids + 2] = '0', id
end
for status = 0, 3 do
  if #into[status] > 0 then redis.call('ZADD', k.sets[status], unpack(into[status])) end
end
for field, by in pairs(counts) do comment_count(k.day, field, by) end
if ARGV[8] ~= '' then
  redis.call('SET', KEYS[12], ARGV[8] .. cmsgpack.pack(answer), 'PX', ARGV[9])
end
return answer
