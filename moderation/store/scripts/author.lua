-- Put in front of every script that names author_: what is kept of the people who write.
-- A person is known by six bytes of a keyed hash of an e-mail address, an id or an IP address. The
-- people of a site are spread by two of them over hashes that stay small. A record: first and last day (since
-- 1970), comments of that last day, names used on it (their number; a byte each, of addresses
-- alone), then two bytes a comment, the oldest first, at most twenty: 14 bits of its id and 2 bits
-- of its status; where there were more, how many of them were approved and spam. Most people write
-- once: of them only the day and the two bytes are kept.
local AUTHOR_BUCKETS, AUTHOR_AT_MOST, AUTHOR_DROPPED = 512, 256, 64
local AUTHOR_STRIP, AUTHOR_NAMES, AUTHOR_ONCE = 40, 8, 4

-- Returns the parts of a record: first and last day, comments of that, names, strip, older.
local function author_open(text)
  if #text == AUTHOR_ONCE then
    local day = struct.unpack('>I2', text)
    return day, day, 1, '', string.sub(text, 3), ''
  end
  local first, last, today, n = struct.unpack('>I2I2BB', text)
  local at = 7 + n
  return first, last, today, string.sub(text, 7, at - 1),
    string.sub(text, at, at + AUTHOR_STRIP - 1), string.sub(text, at + AUTHOR_STRIP)
end

-- Returns a record of its parts, nil for one with no comment in it.
local function author_pack(first, last, today, names, strip, older)
  if older == '' then
    if strip == '' then return nil end
    if #strip == 2 and first == last and today == 1 and names == '' then
      return struct.pack('>I2', first) .. strip
    end
  elseif #strip < AUTHOR_STRIP then
    -- What fell out of the strip is told from it by its place.
    strip = string.rep('\0', AUTHOR_STRIP - #strip) .. strip
  end
  return struct.pack('>I2I2BB', first, last, today, #names) .. names .. strip .. older
end

-- Counts a status among the comments that fell out of the strip.
local function author_count_older(older, status, by)
  if status ~= 1 and status ~= 3 then return older end
  local approved, spam = 0, 0
  if older ~= '' then approved, spam = struct.unpack('>I3I3', older) end
  if status == 1 then approved = approved + by else spam = spam + by end
  approved, spam = math.min(16777215, math.max(0, approved)), math.min(16777215, math.max(0, spam))
  return approved + spam > 0 and struct.pack('>I3I3', approved, spam) or ''
end

-- Returns where a comment stands in a strip, as one of the statuses `low` to `high`.
local function author_find(strip, tag, low, high)
  for status = low, high do
    local entry, at = struct.pack('>I2', 4 * tag + status), 0
    repeat at = string.find(strip, entry, at + 1, true) until not at or at % 2 == 1
    if at then return at end
  end
end

local function author_change(before, tag, from, to, day, name)
  local first, last, today, names, strip, older = author_open(before)
  local at = from and (from > 0 and author_find(strip, tag, from, from)
    or from == 0 and author_find(strip, tag, 1, 3))
  from = from or 0
  local entry = to > 0 and struct.pack('>I2', 4 * tag + to) or ''
  if at then
    strip = string.sub(strip, 1, at - 1) .. entry .. string.sub(strip, at + 2)
  elseif from > 0 and (to == 0 or #strip == AUTHOR_STRIP) then
    older = author_count_older(author_count_older(older, from, -1), to, 1)
  elseif to > 0 then
    if #strip == AUTHOR_STRIP then
      older = author_count_older(older, string.byte(strip, 2) % 4, 1)
      strip = string.sub(strip, 3)
    end
    strip, first = strip .. entry, math.min(first, day)
    if day > last then last, today, names = day, 0, '' end
    if day == last then
      today = math.min(255, today + 1)
      if name and #names < AUTHOR_NAMES and not string.find(names, name, 1, true) then
        names = names .. name
      end
    end
  end
  return author_pack(first, last, today, names, strip, older)
end

-- Makes room for more people: who was seen least of late goes.
local function author_make_room(bucket)
  if redis.call('HLEN', bucket) < AUTHOR_AT_MOST then return end
  local found, people = redis.call('HGETALL', bucket), {}
  for i = 1, #found, 2 do
    local _, last = author_open(found[i + 1])
    people[#people + 1] = {found[i], last}
  end
  table.sort(people, function(a, b) return a[2] < b[2] end)
  local gone = {}
  for i = 1, AUTHOR_DROPPED do gone[i] = people[i][1] end
  redis.call('HDEL', bucket, unpack(gone))
end

-- Notes with its authors what a comment became: a status, 0 where it is gone; `from` is what it was,
-- 0 for whatever stands there, as of a text before, nil for one that was never there. `mark`: its
-- day, a byte for the author's name, a byte (1 if the last hash is of an address, twice the number of
-- hashes, 16 as in signals.lua), six bytes a hash, and what signals.lua reads.
local function author_note(prefix, mark, id, from, to)
  if mark == '' or from == to and to > 0 then return end
  local day, name, flags = struct.unpack('>I2c1B', mark)
  local tag = struct.unpack('>I2', id, 15) % 16384
  local last = 6 * (math.floor(flags / 2) % 8) - 1
  for at = 5, last, 6 do
    local place, who = struct.unpack('>I2c4', mark, at)
    local bucket = prefix .. quick_digits(place % AUTHOR_BUCKETS)
    local named = flags % 2 == 1 and at == last and name
    local before, after = redis.call('HGET', bucket, who), nil
    if before then
      after = author_change(before, tag, from, to, day, named)
      if not after then redis.call('HDEL', bucket, who) end
    elseif to > 0 then
      after = named and author_pack(day, day, 1, name, struct.pack('>I2', 4 * tag + to), '')
        or struct.pack('>I2I2', day, 4 * tag + to)
      -- One look in eight keeps it small: a hash that is twice as large is still compact.
      if tag % 8 == 0 then author_make_room(bucket) end
    end
    if after and after ~= before then redis.call('HSET', bucket, who, after) end
  end
end

