-- Put in front of every script that names signals(: what people decided of whoever writes like this,
-- and how many nearly the same texts came of late. Its functions are made by the first call.
-- Both stand behind the people in a mark of authors: where there is a campaign the sketch and the
-- bands of the text (as in alike.lua) and two bytes each for the address and the author; then seven
-- bytes for each that has a reputation, its kind and six of its keyed hash.
-- A reputation: hour (since 1970) of the last change, ham and spam as they weighed then, and how often
-- each was said. A campaign stands in a slot: 1 byte (1: a person said ham), the sketch, twelve bytes
-- a comment: the end of its id, its minute, its address, its author. Cells lead from bands to slots,
-- each with two more bytes of its band.
local SIGNALS_BUCKETS, SIGNALS_AT_MOST, SIGNALS_DROPPED = 512, 256, 64
local SIGNALS_SLOTS, SIGNALS_SECONDS, SIGNALS_MINUTES = 4096, 21600, 60
local SIGNALS_HEAD, SIGNALS_ENTRY, SIGNALS_FULL = 25, 12, 793
local SIGNALS_HAM, SIGNALS_SPAM = 1, 3

local signals_made
local function signals()
  if signals_made then return signals_made end
  -- Days after which half of a decision still counts: for ids of authors, e-mails with their network,
  -- e-mails, addresses, networks, domains of authors, domains of links, names.
  local half_lives = {90, 90, 90, 30, 7, 60, 60, 60}

  -- Returns the campaign of a mark ('' none) and where the first with a reputation stands.
  local function parts(mark)
    local flags = string.byte(mark, 4)
    local at = 5 + 6 * (math.floor(flags / 2) % 8)
    if flags >= 16 then return string.sub(mark, at, at + 51), at + 52 end
    return '', at
  end

  local function is_alike(a, b)
    local same, either = 0, 0
    local x, y = {string.byte(a, 1, 24)}, {string.byte(b, 1, 24)}
    for i = 1, 24 do
      if x[i] + y[i] > 0 then
        either = either + 1
        if x[i] == y[i] then same = same + 1 end
      end
    end
    return same > 0 and same * 5 >= either * 3
  end

  -- Returns the slot of the campaign that a text belongs to, and what stands there; what was just
  -- found is not looked for again.
  local last = {}
  local function find(prefix, campaign)
    if last.campaign == campaign then return last.slot, last.text end
    last = {campaign = campaign}
    local words = {'BITFIELD', prefix .. 'cells'}
    for at = 25, 33, 4 do
      words[#words + 1] = 'GET'
      words[#words + 1] = 'u32'
      words[#words + 1] = '#' .. struct.unpack('>I2', campaign, at) % SIGNALS_SLOTS
    end
    local found, seen = redis.call(unpack(words)), {}
    for i = 1, 3 do
      local slot = found[i] % 65536 - 1
      local is_band = math.floor(found[i] / 65536) == struct.unpack('>I2', campaign, 4 * i + 23)
      if slot >= 0 and is_band and not seen[slot] then
        seen[slot] = true
        local text = redis.call('GET', prefix .. 'c:' .. slot)
        if text and is_alike(string.sub(text, 2, SIGNALS_HEAD), campaign) then
          last.slot, last.text = slot, text
          return slot, text
        end
      end
    end
  end

  -- Returns a slot for a new campaign: one that is free, or has a single comment or none of this hour.
  local function room(prefix, campaign, minute)
    local first = struct.unpack('>I2', campaign, 25)
    for i = first, first + 1 do
      local slot = i % SIGNALS_SLOTS
      local text = redis.call('GET', prefix .. 'c:' .. slot)
      if not text or #text <= SIGNALS_HEAD + SIGNALS_ENTRY
        or struct.unpack('>I4', text, #text - 7) <= minute - SIGNALS_MINUTES then
        return slot
      end
    end
  end

  -- Puts a comment into the campaign of those like it, or begins one.
  local function note(prefix, mark, id, now)
    local campaign = mark ~= '' and parts(mark) or ''
    if campaign == '' then return end
    local minute, tail = math.floor(now / 60000), string.sub(id, 13)
    local slot, text = find(prefix, campaign)
    if not slot then
      slot = room(prefix, campaign, minute)
      if not slot then return end
      text = '\0' .. string.sub(campaign, 1, 24)
      local words = {'BITFIELD', prefix .. 'cells'}
      for at = 25, 33, 4 do
        local place, band = struct.unpack('>I2I2', campaign, at)
        words[#words + 1] = 'SET'
        words[#words + 1] = 'u32'
        words[#words + 1] = '#' .. place % SIGNALS_SLOTS
        words[#words + 1] = string.format('%.0f', band * 65536 + slot + 1)
      end
      redis.call(unpack(words))
      redis.call('EXPIRE', prefix .. 'cells', SIGNALS_SECONDS)
    end
    for at = SIGNALS_HEAD + 1, #text, SIGNALS_ENTRY do
      if string.sub(text, at, at + 3) == tail then return end
    end
    text = text .. tail .. struct.pack('>I4', minute) .. string.sub(campaign, 49, 52)
    if #text > SIGNALS_FULL then
      text = string.sub(text, 1, SIGNALS_HEAD) .. string.sub(text, SIGNALS_HEAD + SIGNALS_ENTRY + 1)
    end
    redis.call('SET', prefix .. 'c:' .. slot, text, 'EX', SIGNALS_SECONDS)
    last = {}
  end

  -- Returns how many nearly the same comments came within the hour, this one included, from how many
  -- addresses and by how many authors.
  local function count(prefix, campaign, id, now)
    local slot, text = find(prefix, campaign)
    if not slot or string.byte(text) == 1 then return 0, 0, 0 end
    local oldest, tail = math.floor(now / 60000) - SIGNALS_MINUTES, string.sub(id, 13)
    local n, seen, many = 1, {}, {0, 0}
    local function add(tags)
      for i = 1, 2 do
        local tag = i .. string.sub(tags, 2 * i - 1, 2 * i)
        if not seen[tag] and string.sub(tag, 2) ~= '\0\0' then
          seen[tag], many[i] = true, many[i] + 1
        end
      end
    end
    add(string.sub(campaign, 49, 52))
    for at = SIGNALS_HEAD + 1, #text, SIGNALS_ENTRY do
      if struct.unpack('>I4', text, at + 4) > oldest and string.sub(text, at, at + 3) ~= tail then
        n = n + 1
        add(string.sub(text, at + 8, at + 11))
      end
    end
    return n, many[1], many[2]
  end

  local function place(prefix, who)
    return prefix .. 'r' .. struct.unpack('>I2', who) % SIGNALS_BUCKETS, string.sub(who, 3)
  end

  -- Returns a reputation as it weighs at an hour.
  local function weighed(text, kind, hour)
    local at, ham, spam, hams, spams = struct.unpack('>I4ffI2I2', text)
    local left = 0.5 ^ (math.max(0, hour - at) / (24 * half_lives[kind]))
    return ham * left, spam * left, hams, spams
  end

  -- Returns what is known, packed: the three numbers of the campaign, and for each that has a
  -- reputation ham and spam as they weigh now, in hundredths, and how often each was said; '' where
  -- there is nothing.
  local function look(authors, alike, mark, id, now, labels)
    if mark == '' then return '' end
    local campaign, at = parts(mark)
    local n, addresses, people = 0, 0, 0
    if campaign ~= '' then n, addresses, people = count(alike, campaign, id, now) end
    local found, is_any, hour = {struct.pack('>I2I2I2', n, addresses, people)}, n > 1, math.floor(now / 3600000)
    -- Where nobody ever decided anything nothing has a reputation.
    for each = at, #mark, 7 do
      local text = labels > 0 and redis.call('HGET', place(authors, string.sub(mark, each + 1, each + 6)))
      local ham, spam, hams, spams = 0, 0, 0, 0
      if text then
        is_any = true
        ham, spam, hams, spams = weighed(text, string.byte(mark, each), hour)
      end
      found[#found + 1] = struct.pack('>I4I4I2I2', math.floor(100 * ham + 0.5), math.floor(100 * spam + 0.5), hams, spams)
    end
    return is_any and table.concat(found) or ''
  end

  -- Makes room for more: what changed least of late goes.
  local function make_room(bucket)
    if redis.call('HLEN', bucket) < SIGNALS_AT_MOST then return end
    local found, all = redis.call('HGETALL', bucket), {}
    for i = 1, #found, 2 do all[#all + 1] = {found[i], (struct.unpack('>I4', found[i + 1]))} end
    table.sort(all, function(a, b) return a[2] < b[2] end)
    for i = 1, SIGNALS_DROPPED do redis.call('HDEL', bucket, all[i][1]) end
  end

  -- Counts what a person said: a status, 0 for nothing any more; `was` is what was said before. Ham
  -- ends a campaign, too.
  local function weigh(authors, alike, mark, was, is, now)
    if mark == '' or was == is then return end
    local campaign, first = parts(mark)
    local hour = math.floor(now / 3600000)
    for at = first, #mark, 7 do
      local kind, bucket, field = string.byte(mark, at), place(authors, string.sub(mark, at + 1, at + 6))
      local text = redis.call('HGET', bucket, field)
      local ham, spam, hams, spams = 0, 0, 0, 0
      if text then ham, spam, hams, spams = weighed(text, kind, hour) end
      if was == SIGNALS_HAM then ham, hams = math.max(0, ham - 1), math.max(0, hams - 1) end
      if was == SIGNALS_SPAM then spam, spams = math.max(0, spam - 1), math.max(0, spams - 1) end
      if is == SIGNALS_HAM then ham, hams = ham + 1, math.min(65535, hams + 1) end
      if is == SIGNALS_SPAM then spam, spams = spam + 1, math.min(65535, spams + 1) end
      if hams + spams > 0 then
        if not text and string.byte(field) % 8 == 0 then make_room(bucket) end
        redis.call('HSET', bucket, field, struct.pack('>I4ffI2I2', hour, ham, spam, hams, spams))
      elseif text then
        redis.call('HDEL', bucket, field)
      end
    end
    if is == SIGNALS_HAM and campaign ~= '' then
      local slot, text = find(alike, campaign)
      if slot then
        redis.call('SET', alike .. 'c:' .. slot, '\1' .. string.sub(text, 2), 'KEEPTTL')
        last = {}
      end
    end
  end

  signals_made = {look = look, note = note, weigh = weigh}
  return signals_made
end

