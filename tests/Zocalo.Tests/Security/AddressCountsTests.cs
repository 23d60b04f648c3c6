using System.Net;
using Zocalo.Security;

namespace Zocalo.Tests.Security;

public sealed class AddressCountsTests
{
    private readonly AddressCounts _counts = new(limit: 2);

    [Fact]
    public void An_address_has_as_many_as_the_limit_and_one_more_when_one_has_ended()
    {
        var first = Add("192.0.2.1");
        Assert.NotNull(first);
        Assert.NotNull(Add("192.0.2.1"));
        Assert.Null(Add("192.0.2.1"));
        Assert.NotNull(Add("192.0.2.2"));
        first.Dispose();
        Assert.NotNull(Add("192.0.2.1"));
        Assert.Null(Add("192.0.2.1"));
    }

    [Fact]
    public void Of_an_IPv6_address_the_first_64_bits_count()
    {
        Assert.NotNull(Add("2001:db8::1"));
        Assert.NotNull(Add("2001:db8::ffff:ffff:ffff:ffff"));
        Assert.Null(Add("2001:db8::2"));
        Assert.NotNull(Add("2001:db8:0:1::1"));
        Assert.NotNull(Add("::1"));                 // which has no first bits, like every IPv4 address
        Assert.NotNull(Add("127.0.0.1"));
        Assert.NotNull(Add("127.0.0.2"));
        Assert.NotNull(Add("127.0.0.1"));
        Assert.Null(Add("127.0.0.1"));
    }

    [Fact]
    public void An_address_without_connections_is_forgotten()
    {
        var leases = Enumerable.Range(1, 200).Select(number => Add($"192.0.2.{number}")!).ToList();
        Assert.Equal(200, _counts.Count);
        leases.ForEach(lease => lease.Dispose());
        Assert.Equal(0, _counts.Count);
    }

    private IDisposable? Add(string address) => _counts.TryAdd(IPAddress.Parse(address));
}
