using System.Text;

namespace Zocalo.Tests.Addresses;

public class AddressFuzzTests
{
    private static readonly string[] Pieces =
    [
        "tcp://", "tcp:", "unix:", "unix://", "tls:", "http://", "udp://", ":", "::", "[", "]", "[::1]", "[fe80::1%",
        "%", "@", "*", "/", "//", ".", "..", "127.0.0.1", "0.0.0.0", "localhost", "example.com", "a", "Z", "-", "_",
        "0x", "255", "80", "65535", "65536", "http", "(unnamed)", " ", "\t", "\n", "\0", "\\", "\"", "ñ", "İ", "K", "中",
        "\u202e", "\u00a0", "\ufffd", "\ud83d\ude00", "\ud800", "\udc00",
    ];

    /// <summary>To repeat a failure, put the seed that it prints in the place of the loop's.</summary>
    [Fact]
    public void Any_text_is_an_address_that_reads_back_or_an_AddressException()
    {
        var accepted = 0;
        for (var seed = 0; seed < (Thorough.IsOn ? 20_000 : 4_000); seed++)
        {
            var text = RandomText(new Random(seed));
            try
            {
                if (ReadsBack(text))
                    accepted++;
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, text {Escaped(text)}: {e}");
            }
        }
        Assert.InRange(accepted, 100, 19_900); // Else the generator has gone stale: it must make both kinds.
    }

    [Fact]
    public void Any_host_or_path_makes_an_address_that_reads_back_or_an_AddressException()
    {
        for (var seed = 0; seed < (Thorough.IsOn ? 5_000 : 1_000); seed++)
        {
            var text = RandomText(new Random(seed));
            try
            {
                Expect(() => new TcpAddress(text, seed));
                Expect(() => new UnixAddress(text));
                Expect(() => UnixAddress.Abstract(text));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}, text {Escaped(text)}: {e}");
            }
        }
    }

    private static bool ReadsBack(string text)
    {
        if (!Address.TryParse(text, out var address, out var error))
        {
            Assert.DoesNotContain('\n', error);
            return false;
        }
        Assert.Equal(address, Address.Parse(address.ToString()));
        Assert.Equal(address.ToString(), Address.Parse(address.ToString()).ToString());
        Assert.True(Enum.IsDefined(address.Reach));
        return true;
    }

    private static void Expect(Func<Address> make)
    {
        try
        {
            var address = make();
            Assert.Equal(address, Address.Parse(address.ToString()));
        }
        catch (AddressException e)
        {
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder(random.Next(4) switch { 0 => "unix:", 1 => "tcp://", _ => "" });
        for (var i = random.Next(8); i > 0; i--)
            text.Append(random.Next(8) == 0 ? ((char)random.Next(0x10000)).ToString() : Pieces[random.Next(Pieces.Length)]);
        return text.Append(random.Next(3) == 0 ? ":80" : "").ToString();
    }

    private static string Escaped(string text) =>
        string.Concat(text.Select(c => c is > ' ' and < '\u007f' ? c.ToString() : $"\\u{(int)c:x4}"));
}
