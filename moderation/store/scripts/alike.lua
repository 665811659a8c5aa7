-- Put in front of every script that names alike(: which held comments are like each other. Its
-- functions are made by the first call of alike(), which returns them: most comments are not held.
-- A mark: a sketch of 24 bytes, and bands of 4 bytes by some of which texts that are alike are
-- found. Comments that are alike stand in a group; a group has a number, and the id and the mark of
-- the comment that it began with. A site has so many groups at most: a new one takes the place of
-- the oldest that has a single comment. Bands and groups are spread over hashes that stay small.
local ALIKE_GROUPS, ALIKE_BUCKETS, ALIKE_TRIES = 1024, 128, 16
local ALIKE_SKETCH, ALIKE_BAND, ALIKE_ID = 24, 4, 16

local alike_made
local function alike()
  if alike_made then return alike_made end

  local function alike_bucket(prefix, band)
    return prefix .. quick_digits(struct.unpack('>I2', band) % ALIKE_BUCKETS)
  end

  -- Returns the hash and the field of a group; the field is longer than a band.
  local function alike_place(prefix, g)
    return prefix .. quick_digits(tonumber(g) % ALIKE_BUCKETS), 'g' .. string.rep('0', 4 - #g) .. g
  end

  local function alike_group(prefix, g)
    local text = redis.call('HGET', alike_place(prefix, g))
    if not text then return nil end
    return {first = string.sub(text, 1, ALIKE_ID), mark = string.sub(text, ALIKE_ID + 1)}
  end

  local function alike_lead_nowhere(prefix, mark)
    for at = ALIKE_SKETCH + 1, #mark, ALIKE_BAND do
      -- Where another group took this band since it loses it too: it has five more.
      local band = string.sub(mark, at, at + ALIKE_BAND - 1)
      redis.call('HDEL', alike_bucket(prefix, band), band)
    end
  end

  local function alike_drop(prefix, g, mark)
    alike_lead_nowhere(prefix, mark)
    redis.call('DEL', prefix .. 'of:' .. g)
    redis.call('HDEL', alike_place(prefix, g))
  end

  -- Returns the number of a new group.
  local function alike_number(prefix)
    local g, has_members
    for _ = 1, ALIKE_TRIES do
      g = quick_digits(redis.call('INCR', prefix .. 'last') % ALIKE_GROUPS)
      has_members = redis.call('EXISTS', prefix .. 'of:' .. g) == 1
      if not has_members then break end
    end
    if has_members then redis.call('DEL', prefix .. 'of:' .. g) end
    -- What stands at its place is written over.
    local before = alike_group(prefix, g)
    if before then alike_lead_nowhere(prefix, before.mark) end
    return g
  end

  -- Calls a function with the number of each group that some band of a mark leads to, and the group,
  -- until it returns something, and returns that.
  local function alike_find(prefix, mark, try)
    local seen = {}
    for at = ALIKE_SKETCH + 1, #mark, ALIKE_BAND do
      local band = string.sub(mark, at, at + ALIKE_BAND - 1)
      local g = redis.call('HGET', alike_bucket(prefix, band), band)
      if g and not seen[g] then
        seen[g] = true
        local group = alike_group(prefix, g)
        local found = group and try(g, group)
        if found then return found end
      end
    end
  end

  -- Puts a comment that is held into the group of those like it, or begins one.
  local function alike_join(prefix, id, mark)
    if mark == '' then return end
    local joined = alike_find(prefix, mark, function(g, group)
      if not quick_alike(group.mark, 1, mark, 1) then return nil end
      local members = prefix .. 'of:' .. g
      if group.first ~= id and redis.call('EXISTS', members) == 0 then
        redis.call('ZADD', members, '0', group.first)
      end
      if group.first ~= id or redis.call('EXISTS', members) == 1 then
        redis.call('ZADD', members, '0', id)
      end
      return true
    end)
    if joined then return end
    local g = alike_number(prefix)
    local bucket, field = alike_place(prefix, g)
    redis.call('HSET', bucket, field, id .. mark)
    for at = ALIKE_SKETCH + 1, #mark, ALIKE_BAND do
      local band = string.sub(mark, at, at + ALIKE_BAND - 1)
      redis.call('HSET', alike_bucket(prefix, band), band, g)
    end
  end

  -- Takes a comment that is held no longer out of its group.
  local function alike_leave(prefix, id, mark)
    if mark == '' then return end
    alike_find(prefix, mark, function(g, group)
      local members = prefix .. 'of:' .. g
      local was = redis.call('ZREM', members, id) == 1
      if not was and group.first ~= id then return nil end
      if redis.call('EXISTS', members) == 0 then alike_drop(prefix, g, group.mark) end
      return true
    end)
  end

  alike_made = {join = alike_join, leave = alike_leave}
  return alike_made
end
