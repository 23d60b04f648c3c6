using Zocalo.Addresses;

namespace Zocalo.Tests.Addresses;

public class ServiceNamesTests
{
    private static readonly string[] File =
    [
        "# services",
        "",
        "zocalo\t\t5346/tcp\tplaza square # the main job",
        "syslog 514/udp",
        "both 10/udp",
        "both 11/tcp",
        "malformed",
        "overflow 70000/tcp",
        "noport /tcp",
        "nothing # 99/tcp",
    ];

    [Theory]
    [InlineData("zocalo", 5346)]
    [InlineData("ZOCALO", 5346)]
    [InlineData("plaza", 5346)]
    [InlineData("square", 5346)]
    [InlineData("both", 11)]
    [InlineData("syslog", null)]
    [InlineData("5346/tcp", null)]
    [InlineData("malformed", null)]
    [InlineData("overflow", null)]
    [InlineData("noport", null)]
    [InlineData("nothing", null)]
    [InlineData("#", null)]
    [InlineData("", null)]
    public void A_service_is_found_by_name_or_alias_for_tcp_only(string name, int? port) =>
        Assert.Equal(port, ServiceNames.Find(name, File));

    [Fact]
    public void The_machines_file_comes_before_the_short_list_and_the_list_serves_without_it()
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-services-{Guid.NewGuid():N}");
        Assert.Equal(80, ServiceNames.PortOf("http", path));
        Assert.Equal(443, ServiceNames.PortOf("HTTPS", path));
        Assert.Null(ServiceNames.PortOf("no-such-service", path));

        System.IO.File.WriteAllText(path, "http 8888/tcp\n");
        try
        {
            Assert.Equal(8888, ServiceNames.PortOf("http", path));
            Assert.Equal(443, ServiceNames.PortOf("https", path));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }
}
