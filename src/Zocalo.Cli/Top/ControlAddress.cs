namespace Zocalo.Cli;

/// <summary>From what stands on the command line to a control socket.</summary>
internal static class ControlAddress
{
    private const string SocketLink = "socket:[";
    private const string Listens = "00010000";      // __SO_ACCEPTCON, in the flags of /proc/net/unix

    /// <exception cref="ToolException">There is none, or it cannot be known which.</exception>
    /// <exception cref="AddressException">The address cannot be understood.</exception>
    public static UnixAddress Find(string target)
    {
        if (target.Length > 0 && target.All(char.IsAsciiDigit))
        {
            return OfProcess(target);
        }
        return Address.Parse(target) as UnixAddress ?? throw new ToolException(
            $"{target} is not a Unix socket; a server is watched on its control socket: unix:/path, or the number of its process",
            ExitCode.Usage);
    }

    private static UnixAddress OfProcess(string pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new ToolException("only Linux tells the sockets of a process; write unix:/path", ExitCode.Usage);
        }
        try
        {
            UnixAddress[] found = [.. Bound($"/proc/{pid}")];
            return found switch
            {
                [var only] => only,
                [] => throw new ToolException(
                    $"process {pid} has no control socket whose name ends with {Options.ControlSuffix}; start the server with one "
                        + $"(zocalo echo --control unix:/path{Options.ControlSuffix}), or write its address",
                    ExitCode.Usage),
                _ => throw new ToolException(
                    $"process {pid} has several: {string.Join(", ", found.Select(each => each.ToString()))}; choose one", ExitCode.Usage),
            };
        }
        catch (DirectoryNotFoundException)
        {
            throw new ToolException($"there is no process {pid}", ExitCode.Usage);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"the sockets of process {pid} cannot be looked at: it is not yours", ExitCode.Usage);
        }
    }

    private static IEnumerable<UnixAddress> Bound(string process)
    {
        var inodes = Directory.EnumerateFileSystemEntries($"{process}/fd").Select(InodeOf).OfType<string>().ToHashSet();
        foreach (var line in File.ReadLines($"{process}/net/unix").Skip(1))
        {
            // Num RefCount Protocol Flags Type St Inode Path (proc_pid_net(5), /proc/net/unix)
            if (line.Split(' ', 8, StringSplitOptions.RemoveEmptyEntries) is [_, _, _, Listens, _, _, var inode, var path]
                && inodes.Contains(inode)
                && path.EndsWith(Options.ControlSuffix, StringComparison.Ordinal))
            {
                yield return path.StartsWith('@')
                    ? UnixAddress.Abstract(path[1..])
                    : new UnixAddress(path.StartsWith('/') ? path : Path.Combine(DirectoryOf(process), path));
            }
        }
    }

    private static string? InodeOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget is { } link && link.StartsWith(SocketLink, StringComparison.Ordinal)
                ? link[SocketLink.Length..^1]
                : null;
        }
        catch (IOException)
        {
            return null;        // closed meanwhile
        }
    }

    private static string DirectoryOf(string process) => new FileInfo($"{process}/cwd").LinkTarget ?? "/";
}
