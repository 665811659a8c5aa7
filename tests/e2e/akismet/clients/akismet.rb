# Debian `ruby-akismet`: calls https://rest.akismet.com and https://KEY.rest.akismet.com.
require "akismet"
require "json"

key, blog, ham, blatant = ENV.values_at("KEY", "BLOG", "HAM", "BLATANT")
client = Akismet::Client.new(key, blog, app_name: "test", app_version: "1")
stranger = Akismet::Client.new(key.reverse, blog)
check = lambda do |who, author, text|
  who.check("203.0.113.7", "Mozilla/5.0", author: author, text: text, created_at: DateTime.now)
end
works = lambda do |&block|
  block.call
  true
rescue Akismet::Error
  false
end
report = ->(word, author, text) { client.send(word, "203.0.113.7", "", author: author, text: text) }

puts JSON.generate(
  verify: client.verify_key,
  verify_bad: stranger.verify_key,
  ham: check.call(client, "Ada", ham) == [false, false],
  spam: check.call(client, "viagra-test-123", ham) == [true, false],
  discard: check.call(client, "pills", blatant) == [true, true],
  submit_spam: works.call { report.call(:spam, "Ada", ham) },
  submit_ham: works.call { report.call(:ham, "pills", blatant) },
  bad_key: !works.call { check.call(stranger, "Ada", ham) }
)
