using System.Text;

namespace Zocalo.Tests.Addresses;

public class AddressValueTests
{
    [Theory]
    [InlineData("127.0.0.1:80", Reach.ThisMachine)]
    [InlineData("127.255.0.9:80", Reach.ThisMachine)]
    [InlineData("[::1]:80", Reach.ThisMachine)]
    [InlineData("[::ffff:127.0.0.1]:80", Reach.ThisMachine)]
    [InlineData(":80", Reach.ThisMachine)]
    [InlineData("LOCALHOST:80", Reach.ThisMachine)]
    [InlineData("unix:/run/zocalo.sock", Reach.ThisMachine)]
    [InlineData("unix:@zocalo", Reach.ThisMachine)]
    [InlineData("unix:(unnamed)", Reach.ThisMachine)]
    [InlineData("*:80", Reach.AnyInterface)]
    [InlineData("0.0.0.0:80", Reach.AnyInterface)]
    [InlineData("[::]:80", Reach.AnyInterface)]
    [InlineData("[::ffff:0.0.0.0]:80", Reach.AnyInterface)]
    [InlineData("192.0.2.1:80", Reach.OneInterface)]
    [InlineData("[2001:db8::1]:80", Reach.OneInterface)]
    [InlineData("[fe80::1%no-such-interface]:80", Reach.OneInterface)]
    [InlineData("example.com:80", Reach.Unknown)]
    [InlineData("localhost.example.com:80", Reach.Unknown)]
    public void Reach_says_who_can_come_in(string text, Reach reach)
    {
        var address = Address.Parse(text);
        Assert.Equal(reach, address.Reach);
        Assert.Equal(reach == Reach.AnyInterface, address is TcpAddress { IsAny: true });
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "tcp://127.0.0.1:80")]
    [InlineData("::1", "::1", "tcp://[::1]:80")]
    [InlineData("[::1]", "::1", "tcp://[::1]:80")]
    [InlineData("fe80::1%eth0", "fe80::1%eth0", "tcp://[fe80::1%eth0]:80")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", "tcp://192.0.2.1:80")]
    [InlineData("Example.COM", "example.com", "tcp://example.com:80")]
    [InlineData("*", "*", "tcp://*:80")]
    public void A_program_makes_a_tcp_address_from_host_and_port(string host, string canonicalHost, string text)
    {
        var address = new TcpAddress(host, 80);
        Assert.Equal(canonicalHost, address.Host);
        Assert.Equal(80, address.Port);
        Assert.Equal(text, address.ToString());
        Assert.Equal(Address.Parse(text), address);
    }

    [Fact]
    public void Any_is_every_interface_and_Loopback_this_machine()
    {
        Assert.Equal(Address.Parse("*:80"), TcpAddress.Any(80));
        Assert.Equal(Address.Parse("127.0.0.1:80"), TcpAddress.Loopback(80));
    }

    [Fact]
    public void A_malformed_host_or_port_is_refused_at_once()
    {
        Assert.Throws<ArgumentNullException>(() => new TcpAddress(null!, 80));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TcpAddress("localhost", -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TcpAddress("localhost", 65536));
        foreach (var host in new[] { "", " ", "a b", "a/b", "localhost:80", "[localhost]", "[", "[]", "]", "::1%" })
            Assert.Equal("host", Assert.Throws<AddressException>(() => new TcpAddress(host, 80)).Part);
    }

    [Fact]
    public void A_program_makes_a_unix_address_from_a_path_or_an_abstract_name()
    {
        var file = new UnixAddress("/run/zocalo.sock");
        Assert.Equal(("/run/zocalo.sock", false, false), (file.Path, file.IsAbstract, file.IsUnnamed));
        var abstractName = UnixAddress.Abstract("zocalo");
        Assert.Equal(("zocalo", true, false), (abstractName.Path, abstractName.IsAbstract, abstractName.IsUnnamed));
        Assert.Equal(("", false, true), (UnixAddress.Unnamed.Path, UnixAddress.Unnamed.IsAbstract, UnixAddress.Unnamed.IsUnnamed));

        Assert.Throws<ArgumentNullException>(() => new UnixAddress(null!));
        Assert.Throws<ArgumentNullException>(() => UnixAddress.Abstract(null!));
        Assert.Equal("path", Assert.Throws<AddressException>(() => new UnixAddress("")).Part);
        Assert.Equal("path", Assert.Throws<AddressException>(() => new UnixAddress("a\0b")).Part);
        Assert.Equal("path", Assert.Throws<AddressException>(() => UnixAddress.Abstract("")).Part);
    }

    [Theory]
    [InlineData("@file", "unix:./@file")]
    [InlineData("(unnamed)", "unix:./(unnamed)")]
    [InlineData("//run/zocalo.sock", "unix:/run/zocalo.sock")]
    public void A_path_that_could_be_read_as_something_else_is_shown_so_that_it_cannot(string path, string text)
    {
        var address = new UnixAddress(path);
        Assert.Equal(text, address.ToString());
        Assert.False(address.IsAbstract || address.IsUnnamed);
        Assert.Equal(address, Address.Parse(text));
    }

    [Fact]
    public void Equality_is_by_value()
    {
        Assert.Equal(Address.Parse("tcp://LOCALHOST:80"), Address.Parse("localhost:80"));
        Assert.True(Address.Parse("unix:/a") == new UnixAddress("/a"));
        Assert.True(Address.Parse("unix:/a") != UnixAddress.Abstract("/a"));
        Assert.True(Address.Parse("unix:/a") != new UnixAddress("/A"));
        Assert.NotEqual(Address.Parse("localhost:80"), Address.Parse("localhost:81"));
        Assert.NotEqual(Address.Parse("localhost:80"), Address.Parse("127.0.0.1:80"));
        Assert.NotEqual(Address.Parse("*:80"), Address.Parse("[::]:80"));
        Assert.False(Address.Parse("*:80").Equals((object)"*:80"));

        Address? none = null;
        Assert.True(none == null);
        Assert.True(Address.Parse("*:80") != none);
        Assert.Single(new HashSet<Address> { "[::1]:80", "tcp://[0::1]:http", new TcpAddress("::1", 80) });
    }

    [Fact]
    public void A_name_that_another_program_chose_is_shown_escaped()
    {
        var forged = UnixAddress.FromSunPath("/tmp/a\n\u001b[2Jb"u8);
        Assert.Equal("/tmp/a\n\u001b[2Jb", forged.Path);
        Assert.Equal(@"unix:/tmp/a\n\u001b[2Jb", forged.ToString());
        Assert.Equal(OperatingSystem.IsLinux() ? @"unix:@a\0\0" : "unix:(unnamed)", UnixAddress.FromSunPath("\0a\0\0"u8).ToString());
        Assert.Equal(@"unix:/tmp/\ufffd", UnixAddress.FromSunPath([.. Encoding.UTF8.GetBytes("/tmp/"), 0xff]).ToString());
    }
}
