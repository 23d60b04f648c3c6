using ChatUnderTest;
using Zocalo.Testing;
using Zocalo.Tests.Testing;

namespace Zocalo.Tests.Guide;

/// <summary>docs/testing.md shows code that is compiled and run here, and says what is so.</summary>
[Collection<RunsAlone>]
public class TestingGuideTests
{
    private static readonly string[] Sources =
    [
        Repository.Path("tests", "Zocalo.Tests", "Guide", "GreeterTests.cs"),
        Repository.Path("tests", "Zocalo.Tests", "Guide", "TestingSnippets.cs"),
        Repository.Path("tests", "Zocalo.Tests", "Guide", "ToolSnippets.cs"),
        Repository.Path("samples", "ChatUnderTest", "ChatTest.cs"),
    ];

    private readonly Chapter _document = new(Repository.Path("docs", "testing.md"));

    [Fact]
    public void Its_code_is_that_of_tests_that_run()
    {
        var sources = Sources.Select(File.ReadAllLines).ToList();
        var shown = _document.Blocks.Where(block => block.Kind == "csharp").ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown, block => Assert.True(sources.Any(block.IsIn), $"in none of the tests:\n{block}"));
    }

    [Fact]
    public void The_first_test_is_shown_whole() =>
        Assert.Contains(File.ReadAllText(Sources[0]).TrimEnd(), _document.Blocks.Select(block => block.ToString()));

    [Fact]
    public void Its_links_lead_to_files() =>
        Assert.All(_document.Links.Where(link => !link.Contains("://", StringComparison.Ordinal) && link[0] != '#'), link =>
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(_document.Path)!, link.Split('#')[0])), link));

    [Fact]
    public void Its_table_names_every_kind_of_fault_once_and_no_other()
    {
        var named = _document.Text.Split('\n').SkipWhile(line => line != "## The kinds of faults").Skip(1).TakeWhile(
            line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('`')[1]);
        Assert.Equal(Enum.GetNames<FaultKind>().Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task The_failure_that_it_shows_is_the_samples()
    {
        var failed = await Assert.ThrowsAsync<SeedFailedException>(ChatTest.TheLastOneLeavesAnEmptyRoom<HastyRoom>);
        var shown = _document.Blocks.Single(block => block.Lines[0].StartsWith("Seed ", StringComparison.Ordinal));
        Assert.All(shown.Lines.Where(line => line != "..."), line => Assert.Contains(line, failed.Message.Split('\n')));
    }
}
