-- Put in front of every script that names signals(: what people decided of whoever writes like this,
-- and how many nearly the same texts came of late. Its functions are made by the first call.
-- Both stand behind the people in a mark of authors: where there is a campaign the sketch and the
-- bands of the text (as in alike.lua) and two bytes each for the address and the author; then seven
-- bytes for each that has a reputation, its kind and six of its keyed hash.
-- A reputation: hour (since 1970) of the last change, ham and spam as they weighed then, how often each
-- was said, and the entry of the label log with which it began: what counted earlier counted in
-- one that was dropped. A bit says where there may be one: most people and domains have none. A campaign: 1
-- byte (1: a person said ham), the sketch, twelve bytes a comment: the end of its id, its minute, its
-- address, its author. What came of late stands in cells, one for each band of a text: the rest of the
-- band, and the sketch with the only comment, or the number of a campaign.
local SIGNALS_BUCKETS, SIGNALS_BITS = 512, 64
local SIGNALS_SECONDS, SIGNALS_MINUTES = 21600, 60
local SIGNALS_HEAD, SIGNALS_ENTRY, SIGNALS_FULL, SIGNALS_NUMBER = 25, 12, 793, 4

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

  -- Returns the cells of a campaign's bands, 4,096 at most, and what is left of each band.
  local split = {}
  local function cells(campaign)
    if split.campaign ~= campaign then
      local a, b, _, _, e, f, _, _, i, j = string.byte(campaign, 25, 34)
      split = {string.char(a % 16, b), string.char(e % 16, f), string.char(i % 16, j),
        string.sub(campaign, 27, 28), string.sub(campaign, 31, 32), string.sub(campaign, 35, 36),
        campaign = campaign}
    end
    return split[1], split[2], split[3], split[4], split[5], split[6]
  end

  local function name(alike, number) return alike .. 'c:' .. string.format('%d', number) end

  -- Returns the number of the campaign that a text belongs to and what is kept of it, no number where
  -- it has one comment alone; what was just found is not looked for again.
  local last = {}
  local function find(alike, campaign)
    if last.campaign == campaign and last.alike == alike then return last.number, last.text end
    last = {campaign = campaign, alike = alike}
    local first, second, third, a, b, c = cells(campaign)
    local found = redis.call('HMGET', alike .. 'recent', first, second, third)
    last.is_quiet = not (found[1] or found[2] or found[3])
    local rests, seen = {a, b, c}, {}
    for i = 1, 3 do
      local cell = found[i]
      if cell and string.sub(cell, 1, 2) == rests[i] then
        if #cell == 2 + SIGNALS_NUMBER then
          local number = struct.unpack('>I4', cell, 3)
          local text = not seen[number] and redis.call('GET', name(alike, number))
          seen[number] = true
          if text and quick_alike(campaign, 1, text, 2) then
            last.number, last.text = number, text
            return number, text
          end
        elseif quick_alike(campaign, 1, cell, 3) then
          last.text = '\0' .. string.sub(cell, 3)
          return nil, last.text
        end
      end
    end
  end

  -- Has the cells of a text lead to a campaign, or hold its only comment.
  local function lead(alike, campaign, what, tail)
    local first, second, third, a, b, c = cells(campaign)
    redis.call('HSET', alike .. 'recent', first, a .. what, second, b .. what, third, c .. what)
    -- Where much comes it is enough to say now and then that they are still used.
    if last.is_quiet or string.byte(tail, 4) % 8 == 0 then
      redis.call('EXPIRE', alike .. 'recent', SIGNALS_SECONDS)
    end
    last = {}
  end

  local function keep(alike, campaign, number, text)
    local tail = string.sub(text, SIGNALS_HEAD + 1, SIGNALS_HEAD + 4)
    number = number or struct.unpack('>I4', tail)
    redis.call('SET', name(alike, number), text, 'EX', SIGNALS_SECONDS)
    lead(alike, campaign, struct.pack('>I4', number), tail)
    return number
  end

  -- Puts a comment into the campaign of those like it, or where one may begin.
  local function note(alike, mark, id, now)
    local campaign = mark ~= '' and parts(mark) or ''
    if campaign == '' then return end
    local tail = string.sub(id, 13)
    local number, text = find(alike, campaign)
    local entry = tail .. struct.pack('>I4', math.floor(now / 60000)) .. string.sub(campaign, 49, 52)
    if not text then return lead(alike, campaign, string.sub(campaign, 1, 24) .. entry, tail) end
    for at = SIGNALS_HEAD + 1, #text, SIGNALS_ENTRY do
      if string.sub(text, at, at + 3) == tail then return end
    end
    text = text .. entry
    if #text > SIGNALS_FULL then
      text = string.sub(text, 1, SIGNALS_HEAD) .. string.sub(text, SIGNALS_HEAD + SIGNALS_ENTRY + 1)
    end
    keep(alike, campaign, number, text)
  end

  -- Returns how many nearly the same comments came within the hour, this one included, from how many
  -- addresses and by how many authors. One that was sent before is that under its external id, while
  -- that comment is kept.
  local function count(alike, campaign, id, now, comment, external, bucket, ext)
    local _, text = find(alike, campaign)
    if not text or string.byte(text) > 0 then return 0, 0, 0 end
    if ext and ext ~= '' then
      local known = redis.call('HGET', string.format('%s%d', external, bucket), ext)
      if known and redis.call('EXISTS', comment .. known) == 1 then id = known end
    end
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

  local function place(authors, who)
    return authors .. 'r' .. struct.unpack('>I2', who) % SIGNALS_BUCKETS, string.sub(who, 3)
  end

  -- Returns where the bit stands that says whether there may be a reputation.
  local function bit(who)
    local bucket, first = struct.unpack('>I2B', who)
    return string.format('%d', SIGNALS_BITS * (bucket % SIGNALS_BUCKETS) + first % SIGNALS_BITS)
  end

  -- Returns where in a mark there may be a reputation; nil where nobody ever decided anything, or
  -- there is none at all.
  local function reputed(authors, mark, first, labels)
    if labels == 0 or first > #mark then return nil end
    local words, any = {'BITFIELD_RO', authors .. 'reputed'}, nil
    for at = first, #mark, 7 do
      local n = #words
      words[n + 1], words[n + 2], words[n + 3] = 'GET', 'u1', bit(string.sub(mark, at + 1, at + 6))
    end
    for i, is in ipairs(redis.call(unpack(words))) do
      if is == 1 then
        any = any or {}
        any[first + 7 * (i - 1)] = true
      end
    end
    return any
  end

  -- Returns a reputation as it weighs at an hour.
  local function weighed(text, kind, hour)
    local at, ham, spam, hams, spams = struct.unpack('>I4ffI2I2', text)
    local left = 0.5 ^ (math.max(0, hour - at) / (24 * half_lives[kind]))
    return ham * left, spam * left, hams, spams
  end

  -- Returns what is known, packed: the three numbers of the campaign, and for each that has a
  -- reputation ham and spam as they weigh now, in hundredths, and how often each was said; '' where
  -- there is nothing. With the prefixes of comments and of external ids, the bucket and the field of one
  -- it is looked there whether the comment is known.
  local function look(authors, alike, mark, id, now, labels, comment, external, bucket, ext)
    if mark == '' then return '' end
    local campaign, at = parts(mark)
    local n, addresses, people = 0, 0, 0
    if campaign ~= '' then n, addresses, people = count(alike, campaign, id, now, comment, external, bucket, ext) end
    local any = reputed(authors, mark, at, labels)
    if n <= 1 and not any then return '' end
    local found, is_any = {struct.pack('>I2I2I2', n, addresses, people)}, n > 1
    for each = at, #mark, 7 do
      local text = any and any[each]
        and redis.call('HGET', place(authors, string.sub(mark, each + 1, each + 6)))
      local ham, spam, hams, spams = 0, 0, 0, 0
      if text then
        is_any = true
        ham, spam, hams, spams = weighed(text, string.byte(mark, each), math.floor(now / 3600000))
      end
      found[#found + 1] = struct.pack('>I4I4I2I2', math.floor(100 * ham + 0.5), math.floor(100 * spam + 0.5), hams, spams)
    end
    return is_any and table.concat(found) or ''
  end

  -- What was found of a campaign may have been changed since.
  local function changed() last = {} end

  signals_made = {look = look, note = note, half_lives = half_lives, parts = parts, name = name,
    find = find, keep = keep, changed = changed, place = place, bit = bit, weighed = weighed}
  return signals_made
end

