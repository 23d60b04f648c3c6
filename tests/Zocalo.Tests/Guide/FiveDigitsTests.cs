namespace Zocalo.Tests.Guide;

/// <summary>The HOWTO's exercise (§3), solved with Zocalo and with plain Python: each side of the one talks to the other side of the
/// other.</summary>
public class FiveDigitsTests
{
    private const int Lines = 40;

    [Fact]
    public void The_sample_has_fewer_than_40_lines() =>
        Assert.InRange(File.ReadAllLines(GuideFiles.SampleSource("five-digits")).Length, 1, Lines - 1);

    [Fact]
    public async Task A_Python_client_is_served()
    {
        using var server = SampleProcess.Start("five-digits", "listen", "tcp://127.0.0.1:0");
        var address = new Uri((await server.ReadLineAsync())!);

        using var client = PythonPeer.Start("five_digits.py", "connect", address.Host, $"{address.Port}");
        Assert.Equal(new("every answer is right", "", 0), await client.EndAsync());

        server.PressEnter();
        Assert.Equal(new("", "", 0), await server.EndAsync());
    }

    [Fact]
    public async Task A_Python_server_is_understood()
    {
        using var server = PythonPeer.Start("five_digits.py", "listen");
        var port = await server.ReadLineAsync();

        using var client = SampleProcess.Start("five-digits", "connect", $"tcp://127.0.0.1:{port}");
        Assert.Equal(new("'Hello world' is 11 bytes\n'' is 0 bytes\n'¿Me oyes?' is 10 bytes", "", 0), await client.EndAsync());
        Assert.Equal(new("received 'Hello world'\nreceived ''\nreceived '¿Me oyes?'", "", 0), await server.EndAsync());
    }
}
