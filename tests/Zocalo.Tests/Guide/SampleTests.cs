using System.Text.RegularExpressions;

namespace Zocalo.Tests.Guide;

/// <summary>Each sample runs, ends by itself, and prints what its chapter says that it prints.</summary>
public partial class SampleTests
{
    public static TheoryData<string, string> Samples => [.. from chapter in Chapter.Of("en")
                                                            from sample in chapter.Samples
                                                            select (chapter.Name, sample)];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_prints_what_its_chapter_shows(string name, string sample)
    {
        var chapter = Chapter.Of("en").Single(chapter => chapter.Name == name);
        var block = chapter.Blocks.Single(block => block.Lines[0] == $"$ dotnet run --project samples/Guide/{sample}");

        // For the one that is a client only. The others begin with an address of their own, and ignore this one.
        await using var server = await SocketServer.StartAsync(
            "tcp://127.0.0.1:0", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct));
        using var program = SampleProcess.Start(sample, server.LocalAddress.ToString());
        var outcome = await program.EndAsync();

        Assert.Equal("", outcome.Errors);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(WithoutChance(string.Join('\n', block.Lines.Skip(1))), WithoutChance(outcome.Output));
    }

    [Fact]
    public async Task The_client_tells_why_it_cannot_connect_and_fails()
    {
        await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", (_, _) => Task.CompletedTask);
        var address = server.LocalAddress.ToString();
        await server.StopAsync();

        using var client = SampleProcess.Start("a-client", address);
        var outcome = await client.EndAsync();

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Equal($"cannot connect to {address}: refused; nothing listens there: start the server, or check the port", outcome.Errors);
    }

    [Fact]
    public async Task The_readmes_client_is_served_by_the_readmes_server()
    {
        using var server = SampleProcess.Start("readme-server", "tcp://127.0.0.1:0");
        var listening = await server.ReadLineAsync();
        Assert.Matches(@"^echo on tcp://127\.0\.0\.1:\d+; press Enter to stop$", listening);

        using var client = SampleProcess.Start("readme-client", listening!.Split(' ')[2].TrimEnd(';'));
        var outcome = await client.EndAsync();
        server.PressEnter();

        Assert.Equal(("Hello world!\nCompleted, 12 in, 12 out", "", 0), (outcome.Output, outcome.Errors, outcome.ExitCode));
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task The_readmes_messages_come_back_whole()
    {
        using var sample = SampleProcess.Start("readme-messages");
        var outcome = await sample.EndAsync();
        Assert.Equal(("20 bytes came back as one message", "", 0), (outcome.Output, outcome.Errors, outcome.ExitCode));
    }

    /// <summary>The output with what no two runs have in common taken out: ports, and how the system cut a stream into pieces.</summary>
    private static string WithoutChance(string output) => Chance().Replace(output, "?");

    [GeneratedRegex(@"(?<=:)\d{4,5}\b|(?<=took )[\d,]+(?= of)|\d+(?= receives)")]
    private static partial Regex Chance();
}
