-- Put in front of every script that names quick_: what each comment asks several times, and what the
-- server's own ways take several times as long for.

-- Returns a whole number in digits. To format one, or to join it to a text, writes it as a fraction
-- would be written.
local function quick_digits(n)
  if n < 10 then return string.char(48 + n) end
  local last = n % 10
  local rest = (n - last) / 10
  if rest < 10 then return string.char(48 + rest, 48 + last) end
  if rest > 99 then return string.format('%d', n) end
  local middle = rest % 10
  return string.char(48 + (rest - middle) / 10, 48 + middle, 48 + last)
end

-- Says whether two sketches of 24 bytes are alike, which begin at `i` and `j`: of the places in which
-- either has something three in five are the same in both. Most differ in too many after few of them.
local function quick_alike(a, i, b, j)
  local same, differ = 0, 0
  for last = 7, 23, 8 do
    local a1, a2, a3, a4, a5, a6, a7, a8 = string.byte(a, i + last - 7, i + last)
    local b1, b2, b3, b4, b5, b6, b7, b8 = string.byte(b, j + last - 7, j + last)
    if a1 ~= b1 then differ = differ + 1 elseif a1 > 0 then same = same + 1 end
    if a2 ~= b2 then differ = differ + 1 elseif a2 > 0 then same = same + 1 end
    if a3 ~= b3 then differ = differ + 1 elseif a3 > 0 then same = same + 1 end
    if a4 ~= b4 then differ = differ + 1 elseif a4 > 0 then same = same + 1 end
    if a5 ~= b5 then differ = differ + 1 elseif a5 > 0 then same = same + 1 end
    if a6 ~= b6 then differ = differ + 1 elseif a6 > 0 then same = same + 1 end
    if a7 ~= b7 then differ = differ + 1 elseif a7 > 0 then same = same + 1 end
    if a8 ~= b8 then differ = differ + 1 elseif a8 > 0 then same = same + 1 end
    if differ > 9 then return false end
  end
  return same > 0 and same * 2 >= differ * 3
end

