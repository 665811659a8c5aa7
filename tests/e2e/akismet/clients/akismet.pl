# Debian `libnet-akismet-perl`: calls http://rest.akismet.com and http://KEY.rest.akismet.com.
use strict;
use warnings;
use JSON::PP;
use Net::Akismet;

my ($key, $blog, $ham, $blatant) = @ENV{qw(KEY BLOG HAM BLATANT)};
my $client = Net::Akismet->new(KEY => $key, URL => $blog);
my $stranger = Net::Akismet->new(KEY => scalar reverse($key), URL => $blog);

# It makes no client of a bad key: one whose key ended after it was made.
my $revoked = $client && bless {%$client, KEY => scalar reverse($key)}, ref $client;

sub comment {
    my ($author, $text) = @_;
    return (USER_IP => "203.0.113.7", COMMENT_USER_AGENT => "Mozilla/5.0", REFERRER => "",
        COMMENT_AUTHOR => $author, COMMENT_CONTENT => $text);
}
sub said { return $_[0] ? JSON::PP::true : JSON::PP::false }

my $ok = $client ? 1 : 0;
print encode_json({
    verify => said($ok),
    verify_bad => said($stranger),
    ham => said($ok && $client->check(comment("Ada", $ham)) eq "false"),
    spam => said($ok && $client->check(comment("viagra-test-123", $ham)) eq "true"),
    submit_spam => said($ok && $client->spam(comment("Ada", $ham))),
    submit_ham => said($ok && $client->ham(comment("pills", $blatant))),
    bad_key => said($ok && !defined $revoked->check(comment("Ada", $ham))),
});
