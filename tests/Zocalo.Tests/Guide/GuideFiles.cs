namespace Zocalo.Tests.Guide;

/// <summary>Where the guide, its samples and what they were built into lie.</summary>
internal static class GuideFiles
{
    public static string Guide(string language) => Repository.Path("docs", "guide", language);

    public static string SampleSource(string sample) => Repository.Path("samples", "Guide", sample, "Program.cs");

    public static string SampleProgram(string sample)
    {
        var program = Repository.Built(sample);
        Assert.True(File.Exists(program), $"{program} is missing; build the solution first: dotnet build -c Release");
        return program;
    }

    /// <summary>Every sample's folder name.</summary>
    public static IReadOnlyList<string> Samples { get; } =
    [
        .. Directory.GetDirectories(Repository.Path("samples", "Guide"))
            .Select(folder => Path.GetFileName(folder))
            .Order(StringComparer.Ordinal),
    ];
}
