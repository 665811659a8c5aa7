-- Put in front of every script that names comment_ or COMMENT_: how a comment is laid out.
-- A comment: header, verdict, decision, submission (the last three msgpack; lengths in the header).
-- header: told, status, status by the verdict, label by the verdict, revision, decisions,
--         active label, last label, length of verdict, length of decision, updated (ms), digest
-- told: what the site took the comment for before anybody decided, by which decisions are errors:
--       what the status by the verdict says, ham, spam, nothing, for it came with its label, or
--       ham that it is to ask about again before it shows it
local COMMENT_FORMAT = '>BBBBI4I2I4I4I2I2I8c8'
local COMMENT_HEADER = 38
local COMMENT_QUEUED, COMMENT_APPROVED, COMMENT_HELD, COMMENT_SPAM = 0, 1, 2, 3
local COMMENT_HAM_LABEL, COMMENT_SPAM_LABEL = 1, 2
local COMMENT_TOLD_STATUS, COMMENT_TOLD_HAM, COMMENT_TOLD_SPAM, COMMENT_TOLD_NOTHING,
  COMMENT_TOLD_TO_WAIT = 1, 2, 3, 4, 5
local COMMENT_TOLD = {[COMMENT_TOLD_HAM] = 'told_ham', [COMMENT_TOLD_SPAM] = 'told_spam',
  [COMMENT_TOLD_TO_WAIT] = 'told_ham'}
-- Where the header has active and last label, counted from 0, and the revision and the length of the
-- verdict, counted from 1.
local COMMENT_LABELS_AT, COMMENT_REVISION_AT, COMMENT_VERDICT_AT = 10, 5, 19

-- Returns a comment of its bytes. The constructor gives the table its size at once.
local function comment_open(text)
  local told, status, verdict_status, verdict_label, revision, decisions, active, last, n_verdict,
    n_decision, updated, digest = struct.unpack(COMMENT_FORMAT, text)
  local decision_at = COMMENT_HEADER + 1 + n_verdict
  local submission_at = decision_at + n_decision
  return {told = told, status = status, verdict_status = verdict_status, verdict_label = verdict_label,
    revision = revision, decisions = decisions, active = active, last = last, updated = updated,
    digest = digest, verdict = string.sub(text, COMMENT_HEADER + 1, decision_at - 1),
    decision = string.sub(text, decision_at, submission_at - 1),
    submission = string.sub(text, submission_at)}
end

local function comment_load(key)
  local text = redis.call('GET', key)
  return text and comment_open(text)
end

local function comment_pack(c)
  return struct.pack(COMMENT_FORMAT, c.told, c.status, c.verdict_status, c.verdict_label, c.revision,
    c.decisions, c.active, c.last, #c.verdict, #c.decision, c.updated, c.digest)
    .. c.verdict .. c.decision .. c.submission
end

-- Writes a comment; with `only` 'NX' where none is there, else returns false.
local function comment_put(key, text, ttl, only)
  if ttl > 0 and only then return redis.call('SET', key, text, 'PX', ttl, only) end
  if ttl > 0 then return redis.call('SET', key, text, 'PX', ttl) end
  if only then return redis.call('SET', key, text, only) end
  return redis.call('SET', key, text)
end

local function comment_save(key, c, ttl) comment_put(key, comment_pack(c), ttl) end

-- Moves an id between the sorted sets of statuses, which are indexed by status code.
local function comment_move(sets, id, from, to)
  if from == to then return end
  if sets[from] then redis.call('ZREM', sets[from], id) end
  if sets[to] then redis.call('ZADD', sets[to], '0', id) end
end

-- Notes comments of a site that changed, by their ids one after the other, for whoever follows the
-- stream; it is there only while somebody does, and holds the newest of them: who follows may be
-- behind by a minute of the most that is checked, at some 40 bytes each.
local function comment_changed(stream, site, ids)
  redis.call('XADD', stream, 'NOMKSTREAM', 'MAXLEN', '~', '200000', '*', 's', site, 'i', ids)
end

-- Puts what happened to a comment into the outbox of its site, which is there while the site has
-- webhooks: as the comment is now, but without what the site sent, which stays with the comment
-- alone. The outbox holds the newest of what nobody has taken yet.
local function comment_tell(outbox, kind, id, c, decision)
  local submission = c.submission
  c.submission = ''
  redis.call('XADD', outbox, 'NOMKSTREAM', 'MAXLEN', '~', '100000', '*', 'kind', kind, 'id', id,
    'state', comment_pack(c), 'decision', decision)
  c.submission = submission
end

-- Puts a comment among those drawn at random, of which the newest `most` are kept.
local function comment_draw(sample, id, most)
  redis.call('ZADD', sample, '0', id)
  local n = redis.call('ZCARD', sample)
  if n > most then redis.call('ZREMRANGEBYRANK', sample, 0, n - most - 1) end
end

-- Counts on a day; its counters are kept for 400 days after the last of them appeared.
local function comment_count(day, field, by)
  if redis.call('HINCRBY', day, field, by) == by then redis.call('EXPIRE', day, 34560000) end
end

-- Counts verdicts of a day: `by` maps a code of three digits to how many. The digits are those of
-- status and label by the verdict and of who judged, which move together.
local function comment_count_verdicts(day, by)
  for code, n in pairs(by) do comment_count(day, string.format('verdicts_%d', code), n) end
end
