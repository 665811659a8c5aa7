-- Put in front of every script that names weighing(: how what people decide is counted in the
-- reputations of signals.lua, whose functions it is given. Its own are made by the first call: most
-- comments come without a decision.
-- A note of where a decision counts: its status, its hour (since 1970), the number of the campaign that
-- it ended (0: none), the entry of the label log with which it counted, and each that has a reputation
-- as a mark holds it.
local WEIGHING_AT_MOST, WEIGHING_DROPPED = 256, 64
local WEIGHING_HAM, WEIGHING_SPAM = 1, 3
local WEIGHING_NOTED, WEIGHING_PLACES, WEIGHING_BEGUN = 4096, 14, 17

local weighing_made
local function weighing(s)
  if weighing_made then return weighing_made end

  -- Makes room for more: what changed least of late goes.
  local function make_room(bucket)
    if redis.call('HLEN', bucket) < WEIGHING_AT_MOST then return end
    local found, all = redis.call('HGETALL', bucket), {}
    for i = 1, #found, 2 do all[#all + 1] = {found[i], (struct.unpack('>I4', found[i + 1]))} end
    table.sort(all, function(a, b) return a[2] < b[2] end)
    local gone = {}
    for i = 1, WEIGHING_DROPPED do gone[i] = all[i][1] end
    redis.call('HDEL', bucket, unpack(gone))
  end

  -- Changes how often a status was said by `one`, and what that weighs by `by`. What counted with an
  -- entry of the label log is taken back where the reputation had begun by then. Says whether the
  -- reputation is gone.
  local function change(authors, kind, who, status, by, one, seq, hour)
    local bucket, field = s.place(authors, who)
    local text = redis.call('HGET', bucket, field)
    local begun = text and struct.unpack('>I4', text, WEIGHING_BEGUN)
    if one < 0 and (not text or begun > seq) then return false end
    local ham, spam, hams, spams = 0, 0, 0, 0
    if text then ham, spam, hams, spams = s.weighed(text, kind, hour) else begun = seq end
    if status == WEIGHING_HAM then ham, hams = ham + by, math.min(65535, math.max(0, hams + one)) end
    if status == WEIGHING_SPAM then spam, spams = spam + by, math.min(65535, math.max(0, spams + one)) end
    if hams + spams == 0 then return redis.call('HDEL', bucket, field) == 1 end
    ham, spam = hams > 0 and math.max(0, ham) or 0, spams > 0 and math.max(0, spam) or 0
    if not text and string.byte(field) % 8 == 0 then make_room(bucket) end
    redis.call('SETBIT', authors .. 'reputed', s.bit(who), 1)
    redis.call('HSET', bucket, field, struct.pack('>I4ffI2I2I4', hour, ham, spam, hams, spams, begun))
    return false
  end

  local function noted_key(authors, id)
    return string.format('%sn%d', authors, struct.unpack('>I2', id, 15) % WEIGHING_NOTED)
  end

  -- Takes back what counted where a note says, by what it weighs still. Returns of whom no reputation is
  -- left.
  local function take_back(authors, note, hour)
    local gone, status, at, _, seq = {}, struct.unpack('>BI4I4I4', note)
    for each = WEIGHING_PLACES, #note, 7 do
      local kind, who = string.byte(note, each), string.sub(note, each + 1, each + 6)
      local left = 0.5 ^ (math.max(0, hour - at) / (24 * s.half_lives[kind]))
      if change(authors, kind, who, status, -left, -1, seq, hour) then gone[#gone + 1] = who end
    end
    return gone
  end

  -- Counts what a person said of a comment with an entry of the label log: a status, 0 for nothing any
  -- more. What was said before is taken back from where it was counted, by what it weighs still,
  -- whatever the comment says by now. Ham ends a campaign, too.
  local function weigh(authors, alike, id, mark, is, seq, now)
    local campaign, places, hour = '', '', math.floor(now / 3600000)
    if mark ~= '' then
      local first
      campaign, first = s.parts(mark)
      if is > 0 then places = string.sub(mark, first) end
    end
    local noted = noted_key(authors, id)
    local before = redis.call('HGET', noted, id)
    if before then
      take_back(authors, before, hour)
      local number = struct.unpack('>I4', before, 6)
      local said = number > 0 and redis.call('GETRANGE', s.name(alike, number), 0, 0) or ''
      if said ~= '' and said ~= '\0' then
        redis.call('SETRANGE', s.name(alike, number), 0, string.char(string.byte(said) - 1))
        s.changed()
      end
    end
    for each = 1, #places, 7 do
      change(authors, string.byte(places, each), string.sub(places, each + 1, each + 6), is, 1, 1, seq, hour)
    end
    local ended = 0
    if is == WEIGHING_HAM and campaign ~= '' then
      local number, text = s.find(alike, campaign)
      if text then
        local said = string.char(math.min(255, string.byte(text) + 1))
        ended = s.keep(alike, campaign, number, said .. string.sub(text, 2))
      end
    end
    if places ~= '' or ended > 0 then
      redis.call('HSET', noted, id, struct.pack('>BI4I4I4', is, hour, ended, seq) .. places)
    elseif before then
      redis.call('HDEL', noted, id)
    end
  end

  -- Says anew of which in a bucket there may be a reputation.
  local function tell(authors, who)
    local bits = {0, 0, 0, 0, 0, 0, 0, 0}
    for _, left in ipairs(redis.call('HKEYS', (s.place(authors, who)))) do
      local at = string.byte(left) % SIGNALS_BITS
      local by, byte = 2 ^ (7 - at % 8), math.floor(at / 8) + 1
      if math.floor(bits[byte] / by) % 2 == 0 then bits[byte] = bits[byte] + by end
    end
    local first = SIGNALS_BITS / 8 * (struct.unpack('>I2', who) % SIGNALS_BUCKETS)
    redis.call('SETRANGE', authors .. 'reputed', string.format('%d', first), string.char(unpack(bits)))
  end

  -- Forgets what people decided of some; of the first two bytes alone only what may be in their bucket
  -- is told anew.
  local function drop(authors, many)
    local n = 0
    for _, who in ipairs(many) do
      local gone = #who > 2 and redis.call('HDEL', s.place(authors, who))
      if gone == 1 then n = n + 1 end
      if gone ~= 0 then tell(authors, who) end
    end
    return n
  end

  -- Drops the note of a comment if it is from before an hour, and what counted with it. Returns how
  -- many reputations went with it.
  local function expire(authors, id, oldest, hour)
    local noted = noted_key(authors, id)
    local note = redis.call('HGET', noted, id)
    if not note or struct.unpack('>I4', note, 2) >= oldest then return 0 end
    redis.call('HDEL', noted, id)
    local gone = take_back(authors, note, hour)
    for _, who in ipairs(gone) do tell(authors, who) end
    return #gone
  end

  weighing_made = {weigh = weigh, drop = drop, expire = expire}
  return weighing_made
end

