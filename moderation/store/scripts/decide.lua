#!lua flags=allow-oom
-- Puts a person's decision on a comment, or withdraws the one it has.
-- KEYS: site, comment prefix, queued, approved, held, spam, day counters, label prefix, label log,
--       once, channel of those who wait, prefix of what leads to last entries of the label log,
--       prefixes of authors and of those alike, sample, stream of changes, outbox
-- ARGV: site's name, now (ms), time to live by status ×4, id, expected revision, expected number
--       of decisions, label (1 ham, 2 spam, 0 undo), decision, example, how far back (labels) a
--       learner may be made anew at once, status without a decision ('' that by the verdict), how
--       the label came (0: as the comment shows), evidence drawn with it (as in log.lua), marks
--       of its authors and of those alike, how many are kept of those drawn (0: it was not drawn)
-- Answer: {'ok', sequence}, {'stale'}, {'missing'} or {'nothing'}; the same again for a call that
-- ran before.
local k = {meta = KEYS[1], comment = KEYS[2], day = KEYS[7], label = KEYS[8], labels = KEYS[9],
  site = ARGV[1], sets = {[0] = KEYS[3], KEYS[4], KEYS[5], KEYS[6]},
  labelled = KEYS[12], replayable = tonumber(ARGV[13]), how = tonumber(ARGV[15]),
  evidence = ARGV[16]}
local now = tonumber(ARGV[2])
local ttls = {[0] = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])}
local id, label = ARGV[7], tonumber(ARGV[10])

local before = redis.call('GET', KEYS[10])
if before then return {'ok', tonumber(before)} end
local c = comment_load(k.comment .. id)
if not c then return {'missing'} end
if c.revision ~= tonumber(ARGV[8]) or c.decisions ~= tonumber(ARGV[9]) then
  return {'stale'}
end

local from = c.status

local function undo()
  local withdrawn = log().load(k.label .. c.active)
  local restored = withdrawn.before > 0 and log().load(k.label .. withdrawn.before)
  local restores = restored and withdrawn.before or 0
  local seq = log().append(k, {kind = LABEL_UNDONE, label = 0, drops = c.active,
    restores = restores, previous = c.last, before = 0, same = 0, day = '', decision = ARGV[11],
    example = ''})
  log().ask_rebuild(k, seq, c.active)
  log().ask_rebuild(k, seq, restores)
  log().recount_error(k.day, withdrawn, -1)
  comment_count(k.day, 'undone', 1)
  local status = c.verdict == '' and COMMENT_QUEUED or tonumber(ARGV[14]) or c.verdict_status
  c.decision = ''
  if restored and withdrawn.same == 1 then
    c.decision = restored.decision
    log().recount_error(k.day, restored, 1)
    status = restored.label == COMMENT_SPAM_LABEL and COMMENT_SPAM or COMMENT_APPROVED
  end
  comment_move(k.sets, id, c.status, status)
  c.status, c.active, c.last = status, restores, seq
  c.decisions, c.updated = log().decided(c), now
  comment_save(k.comment .. id, c, ttls[status])
  log().note_labelled(k, id, c)
  return seq
end

local seq
if label > 0 then
  seq = log().decide(k, id, c, label, ARGV[11], ARGV[12], now, ttls)
elseif c.decision == '' then
  return {'nothing'}
else
  seq = undo()
end
author_note(KEYS[13], ARGV[17], id, from, c.status)
local counts = label > 0 and c.status or log().said(k.label, c)
weighing(signals()).weigh(KEYS[13], KEYS[14], id, ARGV[17], counts, c.last, now)
if from == COMMENT_HELD and c.status ~= from then alike().leave(KEYS[14], id, ARGV[18]) end
if c.status == COMMENT_HELD and from ~= c.status then alike().join(KEYS[14], id, ARGV[18]) end
if c.decision ~= '' then
  redis.call('ZREM', KEYS[15], id)
elseif ARGV[19] ~= '0' then
  comment_draw(KEYS[15], id, tonumber(ARGV[19]))
end
if from == COMMENT_QUEUED then redis.call('SPUBLISH', KEYS[11], id) end
comment_changed(KEYS[16], k.site, id)
comment_tell(KEYS[17], 'changed', id, c, ARGV[11])
redis.call('SET', KEYS[10], seq, 'PX', 600000)
return {'ok', seq}
