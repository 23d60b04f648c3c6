using System.Globalization;

namespace Zocalo.Addresses;

/// <summary>The port behind a TCP service name such as <c>http</c>: from this machine's services file, else from a short list.</summary>
internal static class ServiceNames
{
    /// <summary>services(5); Windows keeps the same format elsewhere.</summary>
    public static string FilePath { get; } = OperatingSystem.IsWindows()
        ? Path.Combine(Environment.SystemDirectory, "drivers", "etc", "services")
        : "/etc/services";

    public static int? PortOf(string name) => PortOf(name, FilePath);

    internal static int? PortOf(string name, string servicesFile) => Find(name, ReadLines(servicesFile)) ?? WellKnown(name);

    /// <summary>Each line is <c>name port/protocol alias… # comment</c>.</summary>
    internal static int? Find(string name, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var words = line.Split('#')[0].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[1].Split('/') is not [var port, "tcp"])
                continue;
            if (words.Where((_, i) => i != 1).Contains(name, StringComparer.OrdinalIgnoreCase) &&
                ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }
        return null;
    }

    private static string[] ReadLines(string servicesFile)
    {
        try
        {
            return File.ReadAllLines(servicesFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // Containers and phones often have none.
        }
    }

    private static int? WellKnown(string name) => name.ToLowerInvariant() switch
    {
        "echo" => 7,
        "discard" => 9,
        "daytime" => 13,
        "ftp" => 21,
        "ssh" => 22,
        "telnet" => 23,
        "smtp" => 25,
        "domain" => 53,
        "http" => 80,
        "pop3" => 110,
        "imap" or "imap2" => 143,
        "https" => 443,
        "submission" => 587,
        "imaps" => 993,
        "pop3s" => 995,
        "mqtt" => 1883,
        "mysql" => 3306,
        "postgresql" => 5432,
        "amqp" => 5672,
        "redis" => 6379,
        "http-alt" => 8080,
        _ => null,
    };
}
