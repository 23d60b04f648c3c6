using System.Runtime.CompilerServices;

namespace Zocalo;

/// <summary>Where the sources are, for tests that read them: found from this file, or from the solution above the built tests.</summary>
internal static class Repository
{
    internal static string Root { get; } = Find();

    internal static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>What a project was built into, beside the tests that run: one build makes them all, in one configuration.</summary>
    internal static string Built(string project)
    {
        var here = new DirectoryInfo(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return System.IO.Path.Combine(here.Parent!.Parent!.FullName, project, here.Name, project + ".dll");
    }

    private static string Find([CallerFilePath] string here = "")
    {
        foreach (var start in (string[])[AppContext.BaseDirectory, here])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(System.IO.Path.Combine(folder.FullName, "Zocalo.slnx")))
                {
                    return folder.FullName;
                }
            }
        }
        throw new InvalidOperationException("Zocalo.slnx is in no folder above the tests.");
    }
}
