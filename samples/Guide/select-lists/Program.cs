using System.IO.Pipes;
using System.Net;
using System.Net.Sockets;
using Zocalo;

var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
listener.Listen();
var address = listener.LocalEndPoint!;
Show("a listener", listener);
var client = Call();
Show("a listener, and somebody calls", listener);
Show("a call that was answered", client);
var server = listener.Accept();
server.Send([1]);
Show("bytes have come", client);
server.Send([1], SocketFlags.OutOfBand);
Show("and one that is urgent", client);
client = Call();
server = listener.Accept();
server.Shutdown(SocketShutdown.Send);
Show("the peer has finished", client);
client = Call();
listener.Accept().Close(0);
Show("the peer has reset", client);
listener.Close();
client = Call();
Show("a call that was refused", client);
Console.WriteLine($"  why: {(SocketError)(int)client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!}");
// Not only sockets, except on Windows.
using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
using var end = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
pipe.Write([1]);
Show("a pipe with bytes", end.SafePipeHandle);
using var file = File.OpenHandle(Environment.ProcessPath!);
Show("a file", file);
// Many: the kernel keeps the list, and a wait costs by what is ready.
using var selector = new Selector();
var sockets = Enumerable.Range(0, 1000).Select(_ => new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)).Client).ToList();
foreach (var socket in sockets) { selector.Add(socket, WatchFor.Reading); }
sockets[7].SendTo([1], sockets[500].LocalEndPoint!);
var result = selector.Wait(TimeSpan.FromMinutes(1));
Console.WriteLine($"of {selector.Count} sockets {result.Readable.Count} is readable: number {sockets.IndexOf(result.Readable[0].Socket!)}");

Socket Call()
{
    var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
    try { socket.Connect(address); }
    catch (SocketException notYet) when (notYet.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress) { }
    return socket;
}

static void Show(string what, Selectable thing)
{
    Selector.Select([thing], [], [], TimeSpan.FromMilliseconds(100));       // the event may take a moment
    var (readable, writable, exceptional) = Selector.Select([thing], [thing], [thing], TimeSpan.Zero);
    Console.WriteLine(($"{what,-31}{(readable.Count > 0 ? "readable" : ""),-9}{(writable.Count > 0 ? "writable" : ""),-9}" +
        $"{(exceptional.Count > 0 ? "exceptional" : "")}").TrimEnd());
}
