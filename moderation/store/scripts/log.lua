-- Put in front of every script that names log(: how an entry of the label log is laid out, and what
-- a decision does. Its functions are made by the first call of log(), which returns them: making
-- them takes as long as writing a comment does, and most comments come without a label.
local log_made
local function log()
  if log_made then return log_made end

  -- Which field of a verdict is there where the comment was drawn at random: with what probability.
  local VERDICT_AUDIT = 8

  -- A label entry: header, decision (msgpack), day, example (msgpack).
  -- header: kind, label, drops, restores, previous entry of the comment, entry active before,
  --         flags, length of the decision
  -- flags: 1: the entry active before decided the same revision; 2: the decision was counted as an
  --        error of the verdict, on the day that stands there in 10 characters; 4 × how the label came
  --        (0: written before that was noted); 32 × how many entries just before it are the evidence
  --        that was drawn with it
  local LABEL_FORMAT = '>BBI4I4I4I4BI2'
  local LABEL_HEADER = 21
  local LABEL_DAY = 10
  local LABEL_ADDED, LABEL_UNDONE, LABEL_REBUILT, LABEL_ERASED, LABEL_KEPT = 1, 2, 3, 4, 5
  local LABEL_HELD, LABEL_ERROR, LABEL_AUDIT, LABEL_IMPORT, LABEL_ALL = 1, 2, 3, 4, 5

  -- What stands for the example of an entry that was erased: the epoch from which on no learner has
  -- it (0: a job must make them anew), and for that the number of labels when it was erased.
  local function comment_label_erased(epoch, labels) return struct.pack('>I4I4', epoch, labels) end

  local function comment_label_pack(e)
    return struct.pack(LABEL_FORMAT, e.kind, e.label, e.drops, e.restores, e.previous, e.before,
      e.same + (e.day ~= '' and 2 or 0) + 4 * (e.how or 0) + 32 * (e.kept or 0), #e.decision)
      .. e.decision .. e.day .. e.example
  end

  local function comment_label_load(key)
    local text = redis.call('GET', key)
    if not text then return nil end
    local e = {}
    local flags, length
    e.kind, e.label, e.drops, e.restores, e.previous, e.before, flags, length =
      struct.unpack(LABEL_FORMAT, text)
    local at = LABEL_HEADER + length
    e.same = flags % 2
    e.decision = string.sub(text, LABEL_HEADER + 1, at)
    e.day = flags % 4 >= 2 and string.sub(text, at + 1, at + LABEL_DAY) or ''
    e.how, e.kept = math.floor(flags / 4) % 8, math.floor(flags / 32)
    return e
  end

  local COMMENT_ERROR = {[COMMENT_HAM_LABEL] = 'false_positives', [COMMENT_SPAM_LABEL] = 'missed_spam'}

  -- Says whether a site refused (spam) or let through (ham) a comment that is the opposite.
  local function comment_is_error(c, label)
    local is_spam = label == COMMENT_SPAM_LABEL
    if c.told == COMMENT_TOLD_STATUS then
      return c.verdict ~= '' and c.verdict_status == (is_spam and COMMENT_APPROVED or COMMENT_SPAM)
    end
    return COMMENT_TOLD[c.told] == (is_spam and 'told_ham' or 'told_spam')
  end

  -- Counts a decision that says: let through but spam, or refused but ham. Returns the day that it
  -- was counted on, '' where there was no such error.
  local function comment_count_error(day, c, label)
    if not comment_is_error(c, label) then return '' end
    comment_count(day, COMMENT_ERROR[label], 1)
    return string.sub(day, -LABEL_DAY)
  end

  -- Takes an error back, or counts it again, on the day that it was counted on, if that is kept.
  local function comment_recount_error(day, e, by)
    if e.day == '' then return end
    local counted = string.sub(day, 1, -LABEL_DAY - 1) .. e.day
    if redis.call('EXISTS', counted) == 1 then
      redis.call('HINCRBY', counted, COMMENT_ERROR[e.label], by)
    end
  end

  -- Asks for a job where an entry switches one off or on that lies too far back for learners. How
  -- often it was asked for tells the job whether something came in while it ran.
  local function comment_ask_rebuild(k, seq, target)
    if target > 0 and seq - target > k.replayable then redis.call('HINCRBY', k.meta, 'rebuild', 1) end
  end

  -- Notes which entry of the label log is the last about a comment, and its revision: what a comment
  -- that expired has taught can still be found and deleted. One hash in 4,096 keeps each of them small.
  local function comment_labelled_key(prefix, id)
    return prefix .. struct.unpack('>I2', string.sub(id, 15, 16)) % 4096
  end

  local function comment_note_labelled(k, id, c)
    redis.call('HSET', comment_labelled_key(k.labelled, id), id, struct.pack('>I4I4', c.revision, c.last))
  end

  -- Returns the status by a person's word on a comment that counts for its authors, 0 where there is
  -- none. The first label of a text counts for nobody where the text came with it, or it was imported.
  local function comment_said(prefix, c)
    if c.decision == '' then return 0 end
    local e = comment_label_load(prefix .. c.active)
    local is_first = e and e.same == 0
    if is_first and (c.told == COMMENT_TOLD_NOTHING or e.how == LABEL_IMPORT) then return 0 end
    return c.status
  end

  -- Returns how often a comment was decided after one more time: it tells states of it apart, so it
  -- begins again from 1 behind what its two bytes hold.
  local function comment_decided(c) return c.decisions % 65535 + 1 end

  -- Appends an entry to the label log. Returns its sequence number.
  local function comment_append(k, entry)
    local seq = redis.call('HINCRBY', k.meta, 'labels', 1)
    redis.call('SET', k.label .. seq, comment_label_pack(entry))
    redis.call('XADD', k.labels, '*', 's', k.site, 'n', seq)
    if entry.drops > 0 then redis.call('HINCRBY', k.meta, 'stale', 1) end
    return seq
  end

  -- Puts the evidence that was drawn with the label of a comment `decided` into the log before it,
  -- once a call, unless others drew from the same comments meanwhile. What was decided, sent anew or
  -- deleted since it was drawn is left out. Returns how many entries that were.
  local function comment_keep(k, decided)
    if k.evidence == '' then return 0 end
    local drawn, kept, at = {}, 0, 1
    while at <= #k.evidence do drawn[#drawn + 1], at = struct.unpack('>I4c0', k.evidence, at) end
    k.evidence = ''
    if (redis.call('HGET', k.meta, 'drawn') or '') ~= drawn[1] then return 0 end
    redis.call('HSET', k.meta, 'drawn', drawn[2])
    for i = 3, #drawn, 2 do
      local id, example = drawn[i], drawn[i + 1]
      local header = redis.call('GETRANGE', k.comment .. id, 0, COMMENT_HEADER - 1)
      local c = id ~= decided and header ~= '' and comment_open(header)
      if c and c.revision == 1 and c.active == 0 and c.status ~= COMMENT_SPAM then
        local seq = comment_append(k, {kind = LABEL_KEPT, label = 0, drops = 0, restores = 0,
          previous = c.last, before = 0, same = 0, day = '', decision = '', example = example})
        redis.call('SETRANGE', k.comment .. id, COMMENT_LABELS_AT, struct.pack('>I4I4', seq, seq))
        c.last, kept = seq, kept + 1
        comment_note_labelled(k, id, c)
      end
    end
    redis.call('HINCRBY', k.meta, 'kept', kept)
    return kept
  end

  -- Says how a label comes, by what the comment is; `before` is the label that it takes the place of:
  -- it comes as that did. One that was drawn at random says so in its verdict, with the probability.
  -- What nobody was asked to judge is labelled whatever it is.
  local function comment_how(c, label, before)
    if before and before.how > 0 and before.how ~= LABEL_AUDIT then return before.how end
    if c.verdict ~= '' and cmsgpack.unpack(c.verdict)[VERDICT_AUDIT] then return LABEL_AUDIT end
    if c.verdict == '' or c.told == COMMENT_TOLD_NOTHING then return LABEL_ALL end
    local status = before and c.verdict_status or c.status
    if status == COMMENT_HELD then return LABEL_HELD end
    return (label == COMMENT_SPAM_LABEL) == (status == COMMENT_APPROVED) and LABEL_ERROR or LABEL_ALL
  end

  -- Puts a decision on a comment and its example into the label log. Returns the sequence number.
  -- k: comment key prefix, site's hash, label prefix, log, day counters, sets by status, how far
  --    back (labels) a learner may be made anew at once, prefix of what leads to last entries, how
  --    the label came (0: as the comment shows), evidence that was drawn with it ('' none), words that
  --    each follow their length: before which comment all were looked at for it, as the caller knew
  --    and from now on, then id and example of each
  local function comment_decide(k, id, c, label, decision, example, now, ttls)
    local kept = comment_keep(k, id)
    local before = c.decision ~= '' and comment_label_load(k.label .. c.active) or nil
    if before then comment_recount_error(k.day, before, -1) end
    local day = comment_count_error(k.day, c, label)
    local seq = comment_append(k, {kind = LABEL_ADDED, label = label, drops = c.active, restores = 0,
      previous = c.last, before = c.active, same = c.decision ~= '' and 1 or 0, day = day,
      how = k.how > 0 and k.how or comment_how(c, label, before), kept = kept,
      decision = decision, example = example})
    comment_ask_rebuild(k, seq, c.active)
    comment_count(k.day, label == COMMENT_SPAM_LABEL and 'decided_spam' or 'decided_ham', 1)
    local status = label == COMMENT_SPAM_LABEL and COMMENT_SPAM or COMMENT_APPROVED
    comment_move(k.sets, id, c.status, status)
    c.status, c.active, c.last, c.decision = status, seq, seq, decision
    c.decisions, c.updated = comment_decided(c), now
    comment_save(k.comment .. id, c, ttls[status])
    comment_note_labelled(k, id, c)
    return seq
  end

  log_made = {erased = comment_label_erased, pack = comment_label_pack, load = comment_label_load, recount_error = comment_recount_error, ask_rebuild = comment_ask_rebuild, labelled_key = comment_labelled_key, note_labelled = comment_note_labelled, decided = comment_decided, said = comment_said, append = comment_append, decide = comment_decide}
  return log_made
end
