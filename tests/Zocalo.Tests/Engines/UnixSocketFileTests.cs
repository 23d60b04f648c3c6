namespace Zocalo.Tests.Engines;

/// <summary>The file of a listening Unix socket.</summary>
public sealed class UnixSocketFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zu-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task It_is_its_owners_alone()
    {
        var path = Path.Combine(_directory.FullName, "s");
        await using var listener = await Listener.ListenAsync(new UnixAddress(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }
}
