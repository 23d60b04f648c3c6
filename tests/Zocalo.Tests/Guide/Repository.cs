namespace Zocalo.Tests.Guide;

/// <summary>Where the guide, its samples and what they were built into lie.</summary>
internal static class Repository
{
    /// <summary>The folder of Zocalo.slnx, above these tests.</summary>
    public static string Root { get; } = FindRoot();

    public static string Guide(string language) => Path.Combine(Root, "docs", "guide", language);

    public static string SampleSource(string sample) => Path.Combine(Root, "samples", "Guide", sample, "Program.cs");

    /// <summary>artifacts/bin/&lt;sample&gt;/release beside artifacts/bin/Zocalo.Tests/release: one build makes both.</summary>
    public static string SampleProgram(string sample)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.Combine(here.Parent!.Parent!.FullName, sample, here.Name, sample + ".dll");
        Assert.True(File.Exists(program), $"{program} is missing; build the solution first: dotnet build -c Release");
        return program;
    }

    /// <summary>Every sample's folder name.</summary>
    public static IReadOnlyList<string> Samples { get; } =
        [.. Directory.GetDirectories(Path.Combine(Root, "samples", "Guide")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Zocalo.slnx")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("The tests must lie inside the repository: there is no Zocalo.slnx above them.");
    }
}
