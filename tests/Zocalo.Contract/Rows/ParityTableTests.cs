namespace Zocalo.Contract.Rows;

/// <summary>docs/testing.md holds the one table of what differs between the engines.</summary>
public sealed class ParityTableTests
{
    private const string Accept = "ZOCALO_ACCEPT_PARITY";
    private const string Heading = "### Parity: what differs between engines";
    private const string Next = "\n### ";

    private static readonly string s_path = Path.Combine(Repository.Root, "docs", "testing.md");

    [Fact]
    public async Task Every_divergence_is_declared_in_the_documentation_and_nothing_else_is()
    {
        var document = (await File.ReadAllTextAsync(s_path)).ReplaceLineEndings("\n");
        var table = document.IndexOf("| what differs |", document.IndexOf(Heading, StringComparison.Ordinal), StringComparison.Ordinal);
        var end = document.IndexOf(Next, table, StringComparison.Ordinal);
        if (Environment.GetEnvironmentVariable(Accept) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(s_path, $"{document[..table]}{ParityTable.Text()}\n{document[end..]}");
            return;
        }
        Assert.Equal(ParityTable.Text(), document[table..end].Trim());
    }

    [Fact]
    public void The_engines_have_more_than_a_hundred_claims_in_common() => Assert.True(ParityTable.Cases() > 100 * Transports.All.Length);
}
