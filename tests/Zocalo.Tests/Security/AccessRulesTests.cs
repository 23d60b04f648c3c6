using System.Net;
using Zocalo.Security;

namespace Zocalo.Tests.Security;

public sealed class AccessRulesTests
{
    [Theory]
    [InlineData("192.0.2.0/24", "192.0.2.255", true)]
    [InlineData("192.0.2.0/24", "192.0.3.0", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.9", true)]          // a peer that a dual-stack listener shows
    [InlineData("::ffff:192.0.2.0/120", "192.0.2.9", true)]
    [InlineData("::ffff:192.0.2.9", "192.0.2.9", true)]
    [InlineData("2001:db8::/32", "2001:db8:ffff::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("fe80::/10", "fe80::1%1", true)]
    [InlineData("0.0.0.0/0", "198.51.100.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "198.51.100.1", false)]
    public void An_address_is_in_a_network_or_not(string network, string address, bool isIn)
    {
        var peer = AccessRules.AddressOf(new TcpAddress(address, 1));
        Assert.Equal(isIn, new AccessRules([network], []).Permit(peer));
        Assert.Equal(!isIn, new AccessRules([], [network]).Permit(peer));
    }

    [Fact]
    public void Deny_wins_and_a_list_of_who_is_allowed_leaves_everybody_else_out()
    {
        var rules = new AccessRules(["10.0.0.0/8", "2001:db8::/32"], ["10.1.0.0/16"]);
        Assert.True(rules.Permit(IPAddress.Parse("10.2.0.1")));
        Assert.True(rules.Permit(IPAddress.Parse("2001:db8::1")));
        Assert.False(rules.Permit(IPAddress.Parse("10.1.0.1")));
        Assert.False(rules.Permit(IPAddress.Parse("11.0.0.1")));
        Assert.False(rules.Permit(null));
        Assert.False(rules.PermitEverybody);
    }

    [Fact]
    public void Without_rules_everybody_may_and_with_deny_alone_everybody_else()
    {
        var open = new AccessRules([], []);
        Assert.True(open.PermitEverybody);
        Assert.True(open.Permit(IPAddress.Loopback));
        var closed = new AccessRules([], ["127.0.0.0/8"]);
        Assert.False(closed.Permit(IPAddress.Loopback));
        Assert.True(closed.Permit(IPAddress.IPv6Loopback));
        Assert.True(closed.Permit(null));
    }

    [Theory]
    [InlineData(
        "10.0.0.1/8",
        "\"10.0.0.1/8\" is not a network: the address has bits behind the first 8; write 10.0.0.0/8, or /32 for the one address.")]
    [InlineData(
        "2001:db8::1/47",
        "\"2001:db8::1/47\" is not a network: the address has bits behind the first 47; write 2001:db8::/47, or /128 for the one address.")]
    [InlineData("10.0.0.0/33", "\"10.0.0.0/33\" is not a network: the number of bits must be 0 to 32.")]
    [InlineData("::/-1", "\"::/-1\" is not a network: the number of bits must be 0 to 128.")]
    [InlineData("example.org", "\"example.org\" is not a network: write a network such as 192.0.2.0/24 or 2001:db8::/32, or one address.")]
    [InlineData("10.0.0.0/", "\"10.0.0.0/\" is not a network: write a network such as 192.0.2.0/24 or 2001:db8::/32, or one address.")]
    [InlineData("", "\"\" is not a network: write a network such as 192.0.2.0/24 or 2001:db8::/32, or one address.")]
    public void What_is_no_network_is_refused_with_the_cure(string text, string sentence)
    {
        Assert.Equal(sentence, Assert.Throws<FormatException>(() => AccessRules.Parse(text)).Message);
        Assert.Equal(sentence, Assert.Throws<FormatException>(() => new AdmissionOptions { Deny = [text] }).Message);
        Assert.Equal(sentence, Assert.Throws<FormatException>(() => new AdmissionOptions { Allow = [text] }).Message);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused_with_name_and_value()
    {
        Assert.StartsWith("PerAddress is -1", Refused(() => new() { PerAddress = -1 }), StringComparison.Ordinal);
        Assert.StartsWith("AcceptRate is -2", Refused(() => new() { AcceptRate = -2 }), StringComparison.Ordinal);
        Assert.StartsWith("AcceptRate is 1000001; it must", Refused(() => new() { AcceptRate = 1_000_001 }), StringComparison.Ordinal);
        Assert.StartsWith("AcceptBurst is -3", Refused(() => new() { AcceptBurst = -3 }), StringComparison.Ordinal);
        Assert.StartsWith("LastWords has 1025 bytes", Refused(() => new() { LastWords = new byte[1025] }), StringComparison.Ordinal);

        static string Refused(Func<AdmissionOptions> make) => Assert.Throws<ArgumentOutOfRangeException>(() => make()).Message;
    }
}
