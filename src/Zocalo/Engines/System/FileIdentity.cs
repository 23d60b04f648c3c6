using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Zocalo.Engines.System;

/// <summary>
/// Which file lies at a path, and of what kind: the thing itself, not what a link points to. Two finds are equal when it is the same file.
/// Linux: the device and the
/// inode, by statx(2), which is laid out alike on every processor. Elsewhere: when it was made.
/// </summary>
/// <param name="Device">As the kernel numbers it; 0 elsewhere.</param>
/// <param name="Inode">The inode; elsewhere the time at which it was made.</param>
/// <param name="NotASocket">Null for a socket; otherwise what it is, in words. Where the system does not distinguish a socket from a pipe,
/// connecting does.</param>
internal sealed partial record FileIdentity(uint Device, ulong Inode, string? NotASocket)
{
    private const int CurrentDirectory = -100;      // AT_FDCWD
    private const int NoFollow = 0x100;             // AT_SYMLINK_NOFOLLOW
    private const uint Basics = 0x7FF;              // STATX_BASIC_STATS
    private const int Size = 256;                   // struct statx, and the offsets in it
    private const int ModeAt = 28;
    private const int InodeAt = 32;
    private const int MajorAt = 136;
    private const int MinorAt = 140;
    private const int MinorBits = 20;               // dev_t within the kernel

    private static readonly nint StatxNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.Arm64 => 291,
        Architecture.Arm => 397,
        _ => 0,
    };

    /// <returns>Null when nothing is there, or it cannot be looked at.</returns>
    internal static FileIdentity? Find(string path) => Find(path, out _);

    /// <param name="path">Absolute.</param>
    /// <param name="mode">Who may use it (inode(7)); 0 where that is not read.</param>
    /// <returns>Null when nothing is there, or it cannot be looked at.</returns>
    internal static FileIdentity? Find(string path, out uint mode)
    {
        mode = 0;
        return OperatingSystem.IsLinux() ? FindOnLinux(path, out mode) : FindElsewhere(path);
    }

    /// <summary>Removes the name, and never what a link points to.</summary>
    /// <returns>Null; or why it could not be removed.</returns>
    internal static string? Delete(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            return Errno.Result(unlink(path)) is < 0 and var error ? Marshal.GetPInvokeErrorMessage(-error) : null;
        }
        try
        {
            File.Delete(path);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error.Message;
        }
    }

    [SupportedOSPlatform("linux")]
    private static unsafe FileIdentity? FindOnLinux(string path, out uint mode)
    {
        // Safe: the buffer has the size of the structure, and both addresses are used during the call only.
        var status = stackalloc byte[Size];
        var text = Marshal.StringToCoTaskMemUTF8(path);
        nint answer;
        try
        {
            answer = StatxNumber > 0
                ? syscall(StatxNumber, CurrentDirectory, text, NoFollow, (nint)Basics, (nint)status, 0)
                : statx(CurrentDirectory, text, NoFollow, Basics, (nint)status);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
        mode = answer < 0 ? 0u : *(ushort*)(status + ModeAt) & 0xFFFu;
        return answer < 0 ? null : new(
            (*(uint*)(status + MajorAt) << MinorBits) | *(uint*)(status + MinorAt),
            *(ulong*)(status + InodeAt),
            (*(ushort*)(status + ModeAt) & 0xF000) switch       // inode(7), S_IFMT
            {
                0xC000 => null,
                0x8000 => "a regular file",
                0x4000 => "a directory",
                0xA000 => "a symbolic link, which is not followed",
                0x1000 => "a FIFO",
                0x2000 or 0x6000 => "a device",
                _ => "a file of another kind",
            });
    }

    private static FileIdentity? FindElsewhere(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null)
            {
                return new(0, 0, "a symbolic link, which is not followed");
            }
            var kind = Directory.Exists(path) ? "a directory" : !file.Exists ? null : file.Length > 0 ? "a regular file" : null;
            return file.Exists || kind is not null ? new(0, (ulong)file.CreationTimeUtc.Ticks, kind) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint directory, nint path, nint flags, nint mask, nint status, nint none);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unlink(string path);

    [LibraryImport("libc")]
    private static partial int statx(int directory, nint path, int flags, uint mask, nint status);
}
