-- Put in front of every script that names author_: what is kept of the people who write.
-- A person is known by six bytes of a keyed hash of an e-mail address, an id or an IP address. The
-- people of a site are spread by two of them over hashes that stay small. A record: first and last day (since
-- 1970), comments of that last day, names used on it (their number; a byte each, of addresses
-- alone), then two bytes a comment, the oldest first, at most twenty: 14 bits of its id and 2 bits
-- of its status; where there were more, how many of them were approved and spam. Most people write
-- once: of them only the day and the two bytes are kept.
local AUTHOR_BUCKETS, AUTHOR_AT_MOST, AUTHOR_DROPPED = 512, 256, 64
local AUTHOR_STRIP, AUTHOR_NAMES, AUTHOR_ONCE = 20, 8, 4

local function author_open(text)
  local r = {first = 65535, last = 0, today = 0, names = '', strip = {}, older = {[1] = 0, [3] = 0}}
  if not text then return r end
  if #text == AUTHOR_ONCE then
    r.first, r.strip[1] = struct.unpack('>I2I2', text)
    r.last, r.today = r.first, 1
    return r
  end
  local n
  r.first, r.last, r.today, n = struct.unpack('>I2I2BB', text)
  r.names = string.sub(text, 7, 6 + n)
  local at = 7 + n
  while at < #text and #r.strip < AUTHOR_STRIP do
    r.strip[#r.strip + 1], at = struct.unpack('>I2', text, at)
  end
  if at < #text then r.older[1], r.older[3] = struct.unpack('>I3I3', text, at) end
  return r
end

local function author_pack(r)
  local older = r.older[1] + r.older[3] > 0 and struct.pack('>I3I3', r.older[1], r.older[3]) or ''
  if #r.strip == 0 and older == '' then return nil end
  if #r.strip == 1 and older == '' and r.first == r.last and r.today == 1 and r.names == '' then
    return struct.pack('>I2I2', r.first, r.strip[1])
  end
  -- What fell out of the strip is told from the strip by its place: a short strip has nothing older.
  while older ~= '' and #r.strip < AUTHOR_STRIP do table.insert(r.strip, 1, 0) end
  local strip = {}
  for i, entry in ipairs(r.strip) do strip[i] = struct.pack('>I2', entry) end
  return struct.pack('>I2I2BB', r.first, r.last, r.today, #r.names) .. r.names
    .. table.concat(strip) .. older
end

local function author_count_older(r, status, by)
  if r.older[status] then r.older[status] = math.max(0, math.min(16777215, r.older[status] + by)) end
end

-- Puts a comment that is not in the record at the end of its strip.
local function author_append(r, entry)
  if #r.strip == AUTHOR_STRIP then
    author_count_older(r, table.remove(r.strip, 1) % 4, 1)
  end
  r.strip[#r.strip + 1] = entry
end

-- Counts a comment on its day, where that is the last one seen; `name` is a byte for the author's.
local function author_count_day(r, day, name)
  r.first = math.min(r.first, day)
  if day > r.last then r.last, r.today, r.names = day, 0, '' end
  if day < r.last then return end
  r.today = math.min(255, r.today + 1)
  if name and #r.names < AUTHOR_NAMES and not string.find(r.names, name, 1, true) then
    r.names = r.names .. name
  end
end

local function author_change(r, tag, from, to, day, name)
  for i = #r.strip, 1, -1 do
    local entry = r.strip[i]
    local was = entry % 4
    if was > 0 and (entry - was) / 4 == tag and (from == 0 or was == from) then
      if to > 0 then r.strip[i] = 4 * tag + to else table.remove(r.strip, i) end
      return
    end
  end
  if from > 0 and (to == 0 or #r.strip == AUTHOR_STRIP) then
    author_count_older(r, from, -1)
    author_count_older(r, to, 1)
  elseif to > 0 then
    author_append(r, 4 * tag + to)
    author_count_day(r, day, name)
  end
end

-- Makes room for one more person: who was seen least of late goes.
local function author_make_room(bucket)
  if redis.call('HLEN', bucket) < AUTHOR_AT_MOST then return end
  local found, people = redis.call('HGETALL', bucket), {}
  for i = 1, #found, 2 do
    people[#people + 1] = {found[i], author_open(found[i + 1]).last}
  end
  table.sort(people, function(a, b) return a[2] < b[2] end)
  for i = 1, AUTHOR_DROPPED do redis.call('HDEL', bucket, people[i][1]) end
end

-- Notes with its authors what a comment became: a status, 0 where it is gone; `from` is what it was,
-- 0 where it had no verdict yet. `mark`: its day, a byte for the author's name, 1 if the last hash
-- is of an address, and six bytes a hash.
local function author_note(prefix, mark, id, from, to)
  if mark == '' or from == to then return end
  local day, name, addressed = struct.unpack('>I2c1B', mark)
  local tag = struct.unpack('>I2', string.sub(id, 15, 16)) % 16384
  for at = 5, #mark, 6 do
    local bucket = prefix .. struct.unpack('>I2', mark, at) % AUTHOR_BUCKETS
    local who = string.sub(mark, at + 2, at + 5)
    local before = redis.call('HGET', bucket, who)
    local r = author_open(before)
    author_change(r, tag, from, to, day, addressed == 1 and at + 6 > #mark and name)
    local after = author_pack(r)
    if not after then
      if before then redis.call('HDEL', bucket, who) end
    elseif after ~= before then
      if not before then author_make_room(bucket) end
      redis.call('HSET', bucket, who, after)
    end
  end
end

