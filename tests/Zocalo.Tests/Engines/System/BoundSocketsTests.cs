using System.Net.Sockets;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines;

/// <summary>Whose a Unix socket's file is: both ways to ask the system give the same answer.</summary>
public sealed class BoundSocketsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zb-");

    private string Path => System.IO.Path.Combine(_directory.FullName, "s");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's lists.")]
    public void A_file_is_bound_then_listening_then_nobodys()
    {
        var moved = System.IO.Path.Combine(_directory.FullName, "moved");
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(Path));
            Check(BoundSocket.NotListening, Path);
            socket.Listen();
            Check(BoundSocket.Listening, Path);
            File.CreateSymbolicLink(_directory.FullName + "-link", _directory.FullName);
            Check(BoundSocket.Listening, System.IO.Path.Combine(_directory.FullName + "-link", "s"));      // another path to the same file
            File.Delete(_directory.FullName + "-link");
            File.Move(Path, moved);
            // the table knows the old name only
            Assert.Equal(BoundSocket.Listening, BoundSockets.AskKernel(moved, FileIdentity.Find(moved)!));
        }
        Check(BoundSocket.None, moved);
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's lists.")]
    public void A_new_file_at_the_path_of_an_open_socket_is_not_that_sockets()
    {
        using var gone = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        gone.Bind(new UnixDomainSocketEndPoint(Path));
        gone.Listen();
        File.Delete(Path);
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(Path + "-"));
            File.Move(Path + "-", Path);
        }
        Assert.Equal(BoundSocket.None, BoundSockets.AskKernel(Path, FileIdentity.Find(Path)!));
        // it cannot know, and so forbids
        Assert.Equal(BoundSocket.Listening, BoundSockets.ReadTable(Path, FileIdentity.Find(Path)!));
    }

    private static void Check(BoundSocket expected, string path)
    {
        var file = FileIdentity.Find(path)!;
        Assert.Null(file.NotASocket);
        Assert.Equal(expected, BoundSockets.AskKernel(path, file));
        Assert.Equal(expected, BoundSockets.ReadTable(path, file));
        Assert.Equal(expected, BoundSockets.Find(path, file));
    }
}
