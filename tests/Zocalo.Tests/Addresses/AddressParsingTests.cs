using System.Globalization;

namespace Zocalo.Tests.Addresses;

public class AddressParsingTests
{
    public static readonly TheoryData<string, string> Good = new()
    {
        { "tcp://127.0.0.1:5346", "tcp://127.0.0.1:5346" },
        { "TCP://example.com:80", "tcp://example.com:80" },
        { "127.0.0.1:5346", "tcp://127.0.0.1:5346" },
        { "localhost:0", "tcp://localhost:0" },
        { "LocalHost:65535", "tcp://localhost:65535" },
        { "my_host-1.example.com.:80", "tcp://my_host-1.example.com.:80" },
        { "sócalo.example:80", "tcp://sócalo.example:80" },
        { "tcp://tls:80", "tcp://tls:80" },
        { "1.example:80", "tcp://1.example:80" },
        { ":8080", "tcp://127.0.0.1:8080" },
        { "tcp://:8080", "tcp://127.0.0.1:8080" },
        { "*:80", "tcp://*:80" },
        { "tcp://*:80", "tcp://*:80" },
        { "0.0.0.0:80", "tcp://0.0.0.0:80" },
        { "[::]:80", "tcp://[::]:80" },
        { "[::1]:80", "tcp://[::1]:80" },
        { "[0:0:0:0:0:0:0:1]:80", "tcp://[::1]:80" },
        { "[2001:DB8::0001]:80", "tcp://[2001:db8::1]:80" },
        { "[::ffff:10.0.0.1]:80", "tcp://10.0.0.1:80" },
        { "tcp://[fe80::1%eth0]:80", "tcp://[fe80::1%eth0]:80" },
        { "[fe80::1%2]:80", "tcp://[fe80::1%2]:80" },
        { "localhost:http", "tcp://localhost:80" },
        { "[::1]:https", "tcp://[::1]:443" },
        { ":00080", "tcp://127.0.0.1:80" },
        { "unix:/run/zocalo.sock", "unix:/run/zocalo.sock" },
        { "UNIX:/run/Zocalo.sock", "unix:/run/Zocalo.sock" },
        { "unix:///run/zocalo.sock", "unix:/run/zocalo.sock" },
        { "unix:relative/zocalo.sock", "unix:relative/zocalo.sock" },
        { "unix:C:\\Temp\\zocalo.sock", "unix:C:\\Temp\\zocalo.sock" },
        { "unix:/Library/Application Support/z.sock", "unix:/Library/Application Support/z.sock" },
        { "unix:/tmp/a:80", "unix:/tmp/a:80" },
        { "unix:@zocalo", "unix:@zocalo" },
        { "unix:./@zocalo", "unix:./@zocalo" },
        { "unix:(unnamed)", "unix:(unnamed)" },
    };

    /// <summary>The text, the part that is wrong, and what the message must say: what is wrong or how to cure it.</summary>
    public static readonly TheoryData<string, string, string> Bad = new()
    {
        { "", "host", "write tcp://host:port" },
        { "tcp://", "host", "it is empty" },
        { "localhost", "port", "it is missing" },
        { "8080", "port", "or :port" },
        { "localhost:", "port", "it is missing" },
        { ":", "port", "it is missing" },
        { "[::1]", "port", "it is missing" },
        { "[::1]80", "port", "without a colon" },
        { "localhost:65536", "port", "\"65536\" is more than 65535" },
        { "localhost:99999999999999999999", "port", "is more than 65535" },
        { "localhost:-1", "port", "\"-1\" is neither" },
        { "localhost:+80", "port", "\"+80\" is neither" },
        { "localhost:80x", "port", "\"80x\" is neither" },
        { "localhost:80 ", "port", "\"80 \" is neither" },
        { "localhost:80\0", "port", "\"80\\0\" is neither" },
        { "localhost:٨٠", "port", "is neither" },
        { "localhost:no-such-service", "port", "\"no-such-service\" is neither" },
        { "::1", "host", "in brackets" },
        { "fe80::1:80", "host", "in brackets" },
        { "tcp://a:b:80", "host", "more than one colon" },
        { "[::1:80", "host", "not closed" },
        { "[]:80", "host", "not an IPv6 address" },
        { "[localhost]:80", "host", "not an IPv6 address" },
        { "[127.0.0.1]:80", "host", "not an IPv6 address" },
        { "[[::1]]:80", "port", "\"]:80\" follows the bracket" },
        { "[::1/64]:80", "path", "remove" },
        { "[fe80::1%]:80", "host", "the scope \"\"" },
        { "[fe80::1%a b]:80", "host", "the scope \"a b\"" },
        { "[fe80::1%a%b]:80", "host", "the scope" },
        { "256.0.0.1:80", "host", "not an IPv4 address" },
        { "127.1:80", "host", "not an IPv4 address" },
        { "127.0.0.01:80", "host", "not an IPv4 address" },
        { "127.0.0.1.:80", "host", "not an IPv4 address" },
        { "2130706433:80", "host", "not an IPv4 address" },
        { "0x7f000001:80", "host", "not an IPv4 address" },
        { "my host:80", "host", "holds \" \", which no host name has" },
        { " localhost:80", "host", "holds \" \"" },
        { "local\nhost:80", "host", "holds \"\\n\"" },
        { "local\0host:80", "host", "holds \"\\0\"" },
        { "user@localhost:80", "host", "holds \"@\"" },
        { "*.example.com:80", "host", "holds \"*\"" },
        { "a\\b:80", "host", "holds \"\\\\\"" },
        { "a\ud800b:80", "host", "holds \"\\ufffd\"" },
        { "a\u202eb:80", "host", "holds \"\\u202e\"" },
        { "-v:80", "host", "begins with '-'" },
        { "a..b:80", "host", "two in a row" },
        { "tcp://.example:80", "host", "a dot at its beginning" },
        { "tcp://.:80", "host", "a dot at its beginning" },
        { new string('a', 254) + ":80", "host", "254 characters" },
        { "localhost:80/", "path", "remove \"/\"" },
        { "tcp://localhost:80/index.html", "path", "remove \"/index.html\"" },
        { "tcp:///tmp/socket", "path", "remove \"/tmp/socket\"" },
        { "http://localhost:80", "scheme", "write tcp://host:port" },
        { "tpc://localhost:80", "scheme", "did you mean tcp://?" },
        { "tcp4://localhost:80", "scheme", "did you mean tcp://?" },
        { "unx:///tmp/socket", "scheme", "did you mean unix:/path?" },
        { "://localhost:80", "scheme", "\"\" is not a scheme" },
        { " tcp://localhost:80", "scheme", "\" tcp\" is not a scheme" },
        { "tcp:localhost:80", "scheme", "write tcp://host:port" },
        { "tcp:/localhost:80", "scheme", "write tcp://host:port" },
        { "/tmp/socket", "scheme", "unix:/path" },
        { "./socket", "scheme", "unix:/path" },
        { "@zocalo", "scheme", "unix:@name" },
        { "tls://localhost:443", "scheme", "tls: addresses are not supported by this version of Zocalo yet" },
        { "udp://localhost:53", "scheme", "udp: addresses are not supported by this version of Zocalo yet" },
        { "pipe:name", "scheme", "pipe: addresses are not supported by this version of Zocalo yet" },
        { "shm:name", "scheme", "shm: addresses are not supported by this version of Zocalo yet" },
        { "unix:", "path", "it is empty" },
        { "unix:@", "path", "it is empty" },
        { "unix://", "path", "write unix:/path" },
        { "unix://var/run/socket", "path", "write unix:/path" },
        { "unix:/tmp/", "path", "names a directory" },
        { "unix:/", "path", "names a directory" },
        { "unix:/tmp/a\0b", "path", "holds \"\\0\"" },
        { "unix:/tmp/a\nb", "path", "holds \"\\n\"" },
        { "unix:/tmp/a\tb", "path", "holds \"\\t\"" },
        { "unix:/tmp/a\ud800b", "path", "holds \"\\ufffd\"" },
        { "unix: /tmp/a", "path", "begins or ends with a space" },
        { "unix:/tmp/a ", "path", "begins or ends with a space" },
        { "unix:/tmp/a\u00a0b", "path", "holds \"\\u00a0\"" },
        { "unix:@a\0b", "path", "holds \"\\0\"" },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void An_address_is_read_and_shown_in_its_canonical_form(string text, string canonical) =>
        Assert.Equal(canonical, Address.Parse(text).ToString());

    [Theory]
    [MemberData(nameof(Good))]
    public void The_canonical_form_reads_back_as_an_equal_address(string text, string canonical)
    {
        var address = Address.Parse(text);
        Assert.Equal(address, Address.Parse(canonical));
        Assert.Equal(address.GetHashCode(), Address.Parse(canonical).GetHashCode());
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_address_names_the_part_that_is_wrong_and_the_cure(string text, string part, string says)
    {
        var error = Assert.Throws<AddressException>(() => Address.Parse(text));
        Assert.Equal(part, error.Part);
        Assert.Equal(text, error.Text);
        Assert.StartsWith($"bad {part} in address \"", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_message_is_one_printable_line(string text, string part, string says)
    {
        Assert.False(Address.TryParse(text, out var address, out var error));
        Assert.Null(address);
        Assert.Contains($"bad {part}", error, StringComparison.Ordinal);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error, c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format);
    }

    [Fact]
    public void A_message_quotes_only_the_beginning_of_a_very_long_text()
    {
        var error = Assert.Throws<AddressException>(() => Address.Parse(new string('a', 1_000_000)));
        Assert.InRange(error.Message.Length, 1, 400);
        Assert.Contains("(1000000 characters)", error.Message, StringComparison.Ordinal);
        Assert.Equal(1_000_000, error.Text.Length);
    }

    [Fact]
    public void TryParse_gives_the_address_or_the_error()
    {
        Assert.True(Address.TryParse(":80", out var address, out var error));
        Assert.Equal(TcpAddress.Loopback(80), address);
        Assert.Null(error);
        Assert.False(Address.TryParse(null, out address, out error));
        Assert.Null(address);
        Assert.Contains("it is empty", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_string_stands_for_an_address()
    {
        Address address = "localhost:80";
        Assert.Equal(new TcpAddress("localhost", 80), address);
        Assert.Throws<AddressException>(() => (Address)"localhost");
    }

    [Fact]
    public void Null_is_an_argument_error()
    {
        Assert.Throws<ArgumentNullException>(() => Address.Parse(null!));
        Assert.Throws<ArgumentNullException>(() => (Address)(string)null!);
    }

    [Fact]
    public void The_longest_name_and_the_longest_path_are_accepted()
    {
        var name = new string('a', 253);
        Assert.Equal(name, Assert.IsType<TcpAddress>(Address.Parse(name + ":80")).Host);

        var path = "/" + new string('a', UnixAddress.MaxPathBytes - 1);
        Assert.Equal(path, Assert.IsType<UnixAddress>(Address.Parse("unix:" + path)).Path);
        Assert.Equal(path, Assert.IsType<UnixAddress>(Address.Parse("unix:@" + path)).Path);
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    public void A_path_is_measured_in_bytes(string prefix)
    {
        var path = new string('ñ', (UnixAddress.MaxPathBytes / 2) + 1);
        var error = Assert.Throws<AddressException>(() => Address.Parse("unix:" + prefix + path));
        Assert.Equal("path", error.Part);
        Assert.Contains($"{path.Length * 2} bytes long", error.Message, StringComparison.Ordinal);
        Assert.Contains($"holds {UnixAddress.MaxPathBytes} here", error.Message, StringComparison.Ordinal);
    }
}
