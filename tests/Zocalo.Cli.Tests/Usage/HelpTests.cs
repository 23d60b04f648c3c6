using System.CommandLine;

namespace Zocalo.Cli.Tests;

/// <summary>What <c>--help</c> shows: examples first, and nothing that a terminal of 80 columns would break.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> Commands => [.. All(Tool.Grammar()).Select(HelpText.NameOf)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void No_line_is_wider_than_80_columns(string command) =>
        Assert.DoesNotContain(Of(command).Split('\n'), line => line.Length > 80);

    [Theory]
    [MemberData(nameof(Commands))]
    public void Examples_come_before_everything_but_the_usage_line(string command)
    {
        var lines = Of(command).Split('\n');
        Assert.StartsWith("usage: zocalo", lines[0], StringComparison.Ordinal);
        Assert.Equal(["", "examples:"], lines[1..3]);
        Assert.Contains("  " + command, lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void An_example_is_a_command_line_that_is_understood(string command)
    {
        var examples = Of(command).Split('\n')[3..].TakeWhile(line => line.Length > 0);
        foreach (var example in examples)
        {
            foreach (var part
                in example.Split('|').Select(part => part.Trim()).Where(part => part.StartsWith("zocalo ", StringComparison.Ordinal)))
            {
                var line = part["zocalo ".Length..].Split(" < ")[0].Split(" > ")[0].Replace('\'', '"');
                Assert.Null(UsageError.Find(Tool.Grammar().Parse(line)));
            }
        }
    }

    [Theory]
    [InlineData("zocalo", "tour")]
    [InlineData("zocalo", "124        a deadline passed")]
    [InlineData("zocalo connect", "--connect-timeout TIME")]
    [InlineData("zocalo listen", "-k, --keep-listening")]
    [InlineData("zocalo echo", "--reply-delay TIME")]
    [InlineData("zocalo echo", "--drain-timeout TIME")]
    [InlineData("zocalo listen", "--drain-timeout TIME")]
    [InlineData("zocalo tour", "about fifteen seconds")]
    [InlineData("zocalo tour", "--how")]
    [InlineData("zocalo", "frame")]
    [InlineData("zocalo frame", "netstring      5:hello,")]
    [InlineData("zocalo frame encode", "usage: zocalo frame encode [FILE] [options]")]
    [InlineData("zocalo frame decode", "--print text|repr|hex")]
    [InlineData("zocalo connect", "--input lines|escapes|hex|raw")]
    [InlineData("zocalo echo", "--frame SPEC")]
    [InlineData("zocalo echo", "--engine NAME[,strict]")]
    [InlineData("zocalo echo", "--placement engine|pool")]
    [InlineData("zocalo echo", "--per-loop")]
    [InlineData("zocalo echo", "--also ADDRESS")]
    [InlineData("zocalo echo", "--per-address N")]
    [InlineData("zocalo echo", "--allow CIDR")]
    [InlineData("zocalo listen", "--per-address N")]
    [InlineData("zocalo listen", "--deny CIDR")]
    [InlineData("zocalo echo", "--control ADDRESS")]
    [InlineData("zocalo", "a look at a running server")]
    [InlineData("zocalo top", "--once")]
    [InlineData("zocalo connect", "ZOCALO_ENGINE")]
    [InlineData("zocalo listen", "--no-rescue")]
    public void It_tells_of(string command, string contained)
    {
        Assert.Contains(contained, Of(command), StringComparison.Ordinal);
        Assert.DoesNotContain("--until-stdin-closes", Of(command), StringComparison.Ordinal);
    }

    private static string Of(string command) => HelpText.Of(All(Tool.Grammar()).Single(each => HelpText.NameOf(each) == command));

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
