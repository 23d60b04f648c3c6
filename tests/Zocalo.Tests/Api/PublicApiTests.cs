using Zocalo.Testing;

namespace Zocalo.Tests.Api;

/// <summary>
/// The public surface is a promise: a change to it shows here, and in review. Accept one with
/// <c>ZOCALO_ACCEPT_API=1 dotnet test</c>, which rewrites the files.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData(typeof(Connection))]
    [InlineData(typeof(SimulatedNetwork))]
    public void Public_surface_is_the_one_written_down(Type some)
    {
        var actual = PublicApi.Describe(some.Assembly);
        var file = Repository.Path("tests", "Zocalo.Tests", "Api", some.Assembly.GetName().Name + ".txt");
        if (Environment.GetEnvironmentVariable("ZOCALO_ACCEPT_API") == "1")
        {
            File.WriteAllText(file, actual);
        }
        Assert.Equal(File.ReadAllText(file), actual);
    }

    [Fact]
    public void Zocalo_has_no_public_type_outside_its_namespace() =>
        Assert.All(typeof(Connection).Assembly.GetExportedTypes(), type => Assert.Equal("Zocalo", type.Namespace));
}
