#!lua
-- Writes up to 100 comments of one site, each with or without a verdict and a decision, at once.
-- KEYS: site, idempotency key where there is one, limit key where there is a limit; the others are in
--       the slot of the site, and begin as its key does
-- ARGV: the call, packed (see below); a comment in two words, or in three where some of the call have a
--       label: what is said of it, packed (see below); the comment as it is stored when new; decision
--       behind its length and example, packed, '' where it has no label;
--       then, where there are any, notes on the first comment if it is new, which live as long as it:
--       behind the length of each a prefix to which its id is added, and what stands there; or a key
--       that leads to its id, and '' in place of that
-- Few words are quicker written and read than many.
-- The call: now (ms), time to live by status ×4 (ms, 0: for ever), that of the idempotency key,
--       comments allowed a minute (0: any number), what counts against that, how far back (labels) a
--       learner may be made anew at once, number of comments, words a comment, 1 if some have a
--       verdict or a label, 1 if the site has webhooks, how the labels came (0: as each comment shows),
--       day; behind the length of each: site's name, what the caller knows ('' nothing: the revision of
--       the tokens, or those of tokens and settings with a blank between them), digest of the request
--       ('' no idempotency key), what the verdicts were made with ('' unasked: labels, epoch, revisions
--       of settings and tokens, time of making, snapshot, as in read.lua, with a blank between them);
--       evidence drawn with the first of the labels (as in log.lua)
-- Of a comment: id, who judged, decided label (0: none), how many are kept of those drawn (0: it was not
--       drawn), bucket of its external id; that id and the marks of its authors, each behind its length;
--       marks of those alike
-- Comments that have no verdict wait together in one entry of the inbox: ids, revisions and sizes.
-- Answer: {'ok', for each comment packed: id, kind, revision, status} kind: n new, r revised, s the
--       same again; after one that was not new comes that comment as it then is; {'changed'},
--       {'limited'}, {'conflict'} or {'stale', what read.lua answers, what signals.lua knows of the
--       first comment} with nothing written: the state is another, or something is known.
-- A comment whose id is there already was written by this very call, whose answer was lost: it is
-- new to the caller, and counted no second time.
local now, ttl_queued, ttl_approved, ttl_held, ttl_spam, ttl_request, allowed, charge, replayable, n, words,
  is_judged, is_told, how, day, site, asked, request, state, evidence_at =
  struct.unpack('>I8I8I8I8I8I8I4I4I4BBBBBc10Bc0Bc0Bc0I2c0', ARGV[1])
local once, limit = KEYS[2], KEYS[#KEYS]
local shard = string.sub(KEYS[1], 1, KEY_SHARD)
local prefix, external, people, likes = KEYS[1] .. KEY_COMMENT, KEYS[1] .. KEY_EXTERNAL,
  KEYS[1] .. KEY_AUTHORS, KEYS[1] .. KEY_ALIKE
local first_at = 2
day = KEYS[1] .. KEY_DAY .. day

-- Returns the sorted set of those in a status.
local function set(status)
  return KEYS[1] .. (status == COMMENT_QUEUED and KEY_QUEUED or status == COMMENT_APPROVED and KEY_APPROVED
    or status == COMMENT_HELD and KEY_HELD or KEY_SPAM)
end

-- Returns what is said of a comment: id, who judged, label, how many are kept of those drawn, bucket,
-- external id, marks of its authors, and those of what is alike.
local function open(text)
  local id, by, label, drawn, bucket, ext, authors, rest = struct.unpack('>c16BBBI2I2c0I2c0', text)
  return id, by, label, drawn, bucket, ext, authors, string.sub(text, rest)
end

if state ~= '' then
  local meta = redis.call('HMGET', KEYS[1], 'labels', 'epoch', 'settings', 'tokens', 'created')
  for i = 1, 5 do meta[i] = meta[i] or '0' end
  local used, known = redis.call('GET', shard .. KEY_SNAPSHOT) or '', ''
  local id, _, _, _, bucket, ext, mark = open(ARGV[first_at])
  if mark ~= '' and #mark > 4 + 6 * (math.floor(string.byte(mark, 4) / 2) % 8) then
    known = signals().look(people, likes, mark, id, now, tonumber(meta[1]), prefix, external, bucket, ext)
  end
  if known ~= '' or table.concat(meta, ' ') .. ' ' .. used ~= state then
    return {'stale', tonumber(meta[1]), tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4]),
      used, tonumber(meta[5]), known}
  end
elseif asked ~= '' then
  local meta = redis.call('HMGET', KEYS[1], 'tokens', 'settings', 'created')
  -- A site that was removed has no revisions, as one whose tokens were never changed.
  if not meta[3] then return {'changed'} end
  local known = meta[1] or '0'
  if string.find(asked, ' ', 1, true) then known = known .. ' ' .. (meta[2] or '0') end
  if known ~= asked then return {'changed'} end
end
if request ~= '' then
  local before = redis.call('GET', once)
  if before then
    if string.sub(before, 1, #request) ~= request then return {'conflict'} end
    local answer = cmsgpack.unpack(string.sub(before, #request + 1))
    return answer
  end
end
if allowed > 0 then
  local used = redis.call('INCRBY', limit, charge)
  if used == charge then redis.call('PEXPIRE', limit, 120000) end
  if used > allowed then
    redis.call('DECRBY', limit, charge)
    return {'limited'}
  end
end

local ttls = {[0] = ttl_queued, ttl_approved, ttl_held, ttl_spam}
local counts, judged, waiting, answers, places = {}, {}, {}, {}, {}
-- What the label log is told, by the first comment that has a label.
local k
local function count(field) counts[field] = (counts[field] or 0) + 1 end

-- Notes that a revision waits for its verdict, or counts the one it came with; what came with its
-- label was not asked about.
local function wait_or_count(id, revision, text, by)
  local told, _, status, label = struct.unpack('>BBBB', text)
  local n_verdict = struct.unpack('>I2', text, COMMENT_VERDICT_AT)
  if n_verdict == 0 then
    waiting[#waiting + 1] = id .. struct.pack('>I4I4', revision, #text - COMMENT_HEADER)
  elseif told ~= COMMENT_TOLD_NOTHING then
    if COMMENT_TOLD[told] then count(COMMENT_TOLD[told]) end
    local code = 100 * status + 10 * label + by
    judged[code] = (judged[code] or 0) + 1
  end
end

-- Notes what a comment became with its authors and those like it, and that it was drawn.
local function settle(id, from, to, is_decided, is_new_text, drawn, authors, like)
  -- Whose the text before was is not known here: out of the records of others revised.lua takes it.
  if to > 0 then author_note(people, authors, id, is_new_text and COMMENT_QUEUED or from, to) end
  if from == COMMENT_HELD and (to ~= from or is_new_text) then alike().leave(likes, id, like) end
  if to == COMMENT_HELD and (from ~= to or is_new_text) then alike().join(likes, id, like) end
  if is_decided then
    redis.call('ZREM', KEYS[1] .. KEY_SAMPLE, id)
  elseif drawn > 0 then
    comment_draw(KEYS[1] .. KEY_SAMPLE, id, drawn)
  end
end

-- Puts what was sent again on the comment that is known, and says whether it is to be written.
local function revise(id, c, text, by, label)
  local new = comment_open(text)
  if c.digest ~= new.digest then
    comment_save(prefix .. id .. ':' .. c.revision, c, ttls[c.status])
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
  wait_or_count(id, c.revision, text, by)
  return true
end

-- Returns the time at which was decided.
local function decided_ms(decision) return cmsgpack.unpack(decision)[4] end

local function answer_of(id, kind, revision, status)
  return id .. struct.pack('>c1I4B', kind, revision, status)
end

local function accept(at)
  local id, by, label, drawn, bucket, ext, authors, like = open(ARGV[at])
  local text = ARGV[at + 1]
  local c, again
  if ext ~= '' then
    bucket = string.format('%s%d', external, bucket)
    if redis.call('HSETNX', bucket, ext, id) == 0 then
      local known = redis.call('HGET', bucket, ext)
      c = comment_load(prefix .. known)
      if c then id, again = known, known == id else redis.call('HSET', bucket, ext, id) end
    end
  end
  local kind, revision, from, status = 'n', 1, nil, string.byte(text, 2)
  -- What was decided of another text counts no more.
  local was_decided, is_said = c and c.decision ~= '', false
  if not c then
    if not comment_put(prefix .. id, text, ttls[status], 'NX') then
      return answer_of(id, 'n', 1, status)
    end
    count('comments')
    wait_or_count(id, 1, text, by)
    if label > 0 then c = comment_open(text) end
  else
    local before = c.revision
    from = c.status
    if how == LABEL_IMPORT and label > 0 and c.digest ~= comment_open(text).digest then
      -- Whoever imports sends the text that he found, or his own for one that was not there. The
      -- revision that he found stands in the example, behind the comment's id in 26 characters.
      local _, example = struct.unpack('>I4c0', ARGV[at + 2])
      local _, found = cmsgpack.unpack_one(ARGV[at + 2], example + 27)
      if not again or found ~= before then return answer_of(id, 's', before, from) end
    end
    local changed = revise(id, c, text, by, label)
    kind, revision = c.revision > before and 'r' or again and 'n' or 's', c.revision
    if not changed then return answer_of(id, kind, revision, again and status or from) end
    status = c.status
    if from ~= status then redis.call('ZREM', set(from), id) end
    comment_save(prefix .. id, c, ttls[status])
  end
  if label > 0 then
    local current = c.decision ~= '' and log().load(KEYS[1] .. KEY_LABEL .. c.active)
    local decision, example = struct.unpack('>I4c0', ARGV[at + 2])
    -- Somebody may have decided since whoever imports looked: his later word stays.
    local is_late = how == LABEL_IMPORT and c.decision ~= '' and decided_ms(c.decision) >= decided_ms(decision)
    if not (is_late or current and current.label == label) then
      k = k or {meta = KEYS[1], comment = prefix, day = day, label = KEYS[1] .. KEY_LABEL,
        labels = shard .. KEY_LABELS, site = site, labelled = KEYS[1] .. KEY_LABELLED,
        sets = {[0] = set(0), set(1), set(2), set(3)}, replayable = replayable, how = how,
        evidence = string.sub(ARGV[1], evidence_at)}
      log().decide(k, id, c, label, decision, string.sub(ARGV[at + 2], example), now, ttls)
      status, is_said = c.status, true
      if is_told == 1 and from then comment_tell(KEYS[1] .. KEY_OUTBOX, 'changed', id, c, decision) end
    end
  elseif is_told + is_judged == 2 then
    c = c or comment_open(text)
    if c.verdict ~= '' then comment_tell(KEYS[1] .. KEY_OUTBOX, 'scored', id, c, '') end
  end
  if #authors > 4 and kind ~= 's' then signals().note(likes, authors, id, now) end
  if is_said or was_decided and c.decision == '' then
    -- One that came with its label counts for nobody, nor does an import.
    local counts = is_said and from and how ~= LABEL_IMPORT and log().said(KEYS[1] .. KEY_LABEL, c) or 0
    weighing(signals()).weigh(people, likes, id, authors, counts, c.last, now)
  end
  if is_judged == 1 then
    settle(id, from, status, c and c.decision ~= '', kind == 'r', drawn, authors, like)
  end
  -- The same comment may come twice in a call: its last status counts.
  places[id] = status
  if from == COMMENT_QUEUED and status ~= from then redis.call('SPUBLISH', shard .. KEY_WAITING, id) end
  return answer_of(id, kind, revision, status)
end

for i = 1, n do answers[i] = accept(first_at + words * (i - 1)) end
local notes, id = ARGV[first_at + words * n], string.sub(answers[1], 1, 16)
if places[id] and string.sub(answers[1], 17, 17) == 'n' then
  local at = 1
  while notes and at <= #notes do
    local key, value
    key, value, at = struct.unpack('>I2c0I4c0', notes, at)
    if value == '' then value = id else key = key .. id end
    comment_put(key, value, ttls[places[id]])
  end
end
if n == 1 then
  if places[id] then
    redis.call('ZADD', set(places[id]), '0', id)
    comment_changed(shard .. KEY_CHANGES, site, id)
  end
else
  local into, changed = {[0] = {}, {}, {}, {}}, {}
  for each, status in pairs(places) do
    local ids = into[status]
    ids[#ids + 1], ids[#ids + 2] = '0', each
    changed[#changed + 1] = each
  end
  for status, ids in pairs(into) do
    if #ids > 0 then redis.call('ZADD', set(status), unpack(ids)) end
  end
  if #changed > 0 then comment_changed(shard .. KEY_CHANGES, site, table.concat(changed)) end
end
for field, by in pairs(counts) do comment_count(day, field, by) end
comment_count_verdicts(day, judged)
if #waiting > 0 then redis.call('XADD', shard .. KEY_INBOX, '*', 's', site, 'i', table.concat(waiting)) end
local answer = {'ok', table.concat(answers)}
if n == 1 and string.sub(answer[2], 17, 17) ~= 'n' then
  answer[3] = redis.call('GET', prefix .. id)
end
if request ~= '' then
  redis.call('SET', once, request .. cmsgpack.pack(answer), 'PX', ttl_request)
end
return answer
