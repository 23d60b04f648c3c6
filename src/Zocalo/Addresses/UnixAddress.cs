using System.ComponentModel;
using System.Text;
using Zocalo.Addresses;

namespace Zocalo;

/// <summary>
/// A Unix domain socket (unix(7)): a path in the file system, a name in Linux's abstract name space, or no name, for a client that did not
/// bind.
/// </summary>
[TypeConverter(typeof(UnixAddressConverter))]
public sealed class UnixAddress : Address
{
    internal const string UnnamedText = "(unnamed)";

    /// <summary>Makes the address of a socket in the file system.</summary>
    /// <param name="path">Absolute, or relative to the current directory; at most 107 bytes in UTF-8 (103 on macOS).</param>
    /// <exception cref="AddressException">The path is empty, too long, or contains forbidden characters.</exception>
    public UnixAddress(string path) : this(path, path, isAbstract: false)
    {
    }

    /// <summary>Checks the name; <paramref name="text"/> is what an error quotes.</summary>
    internal UnixAddress(string text, string path, bool isAbstract) : this(path, isAbstract)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (ProblemWith(path, isAbstract) is { } problem)
            throw new AddressException(text, "path", problem);
    }

    /// <summary>Takes the name unchecked: the kernel reports the real name, even if it is one that this type refuses as text.</summary>
    private UnixAddress(string path, bool isAbstract)
    {
        Path = isAbstract ? path : Unambiguous(path);
        IsAbstract = isAbstract;
    }

    /// <summary>The address of a socket without a name, such as a peer that did not bind. It is impossible to connect to it.</summary>
    public static UnixAddress Unnamed { get; } = new("", isAbstract: false);

    /// <summary>The path of the file; for an abstract socket its name, without a leading <c>@</c>; empty for an unnamed one.</summary>
    public string Path { get; }

    /// <summary>Whether the name is in Linux's abstract name space and not in the file system.</summary>
    public bool IsAbstract { get; }

    /// <summary>Whether the socket has no name.</summary>
    public bool IsUnnamed => Path.Length == 0 && !IsAbstract;

    /// <inheritdoc/>
    public override Reach Reach => Reach.ThisMachine;

    internal static bool HasAbstractNames => OperatingSystem.IsLinux() || OperatingSystem.IsAndroid();

    /// <summary>The size of sun_path without the byte that ends a path (Linux and Windows) or begins an abstract name.</summary>
    internal static int MaxPathBytes => HasAbstractNames || OperatingSystem.IsWindows() ? 107 : 103;

    /// <summary>Makes the address of a socket in Linux's abstract name space: the name disappears with its last descriptor.</summary>
    /// <param name="name">The name, without a leading <c>@</c> or NUL; at most 107 bytes in UTF-8.</param>
    /// <exception cref="AddressException">The name is empty, too long, or contains forbidden characters.</exception>
    public static UnixAddress Abstract(string name) => new(name, name, isAbstract: true);

    /// <summary>
    /// Reads the kernel's sun_path: nothing, a zero byte and an abstract name, or a path that may end with a zero byte. On systems without
    /// abstract names a zero byte at the beginning is padding.
    /// </summary>
    internal static UnixAddress FromSunPath(ReadOnlySpan<byte> sunPath)
    {
        if (sunPath.IsEmpty || (sunPath[0] == 0 && !HasAbstractNames))
            return Unnamed;
        if (sunPath[0] == 0)
            return new UnixAddress(Encoding.UTF8.GetString(sunPath[1..]), isAbstract: true);
        var end = sunPath.IndexOf((byte)0);
        return new UnixAddress(Encoding.UTF8.GetString(end < 0 ? sunPath : sunPath[..end]), isAbstract: false);
    }

    /// <summary>
    /// <c>unix:/path</c>, <c>unix:@name</c> or <c>unix:(unnamed)</c>. It parses back to an equal address, unless another program chose a
    /// name with control characters, which are escaped here.
    /// </summary>
    public override string ToString() =>
        IsUnnamed ? $"unix:{UnnamedText}" : $"unix:{(IsAbstract ? "@" : "")}{PlainText.Escape(Path)}";

    /// <inheritdoc/>
    public override bool Equals(Address? other) => other is UnixAddress unix && unix.Path == Path && unix.IsAbstract == IsAbstract;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Path, IsAbstract);

    /// <summary>The same file under a path that cannot be read as a host (//x), an abstract name or no name.</summary>
    private static string Unambiguous(string path) => path switch
    {
        ['/', '/', ..] => "/" + path.TrimStart('/'),
        ['@', ..] or UnnamedText => "./" + path,
        _ => path,
    };

    private static string? ProblemWith(string path, bool isAbstract)
    {
        if (path.Length == 0)
            return "it is empty; write unix:/path, unix:relative/path or unix:@name";
        if (PlainText.FirstUnfit(path) is { } unfit)
            return $"{PlainText.Quote(path)} holds {PlainText.Quote(unfit)}, which is not plain text; remove it";
        // A space within a path is common (macOS: "Application Support"); one at either end is a quoting mistake in the shell.
        if (path[0] == ' ' || path[^1] == ' ')
            return $"{PlainText.Quote(path)} begins or ends with a space; remove it";
        if (!isAbstract && path[^1] == '/')
            return $"{PlainText.Quote(path)} names a directory; add the socket's file name";
        var length = Encoding.UTF8.GetByteCount(isAbstract ? path : Unambiguous(path));
        return length > MaxPathBytes
            ? $"it is {length} bytes long and a socket's address holds {MaxPathBytes} here; use a shorter or a relative path"
            : null;
    }
}
