using System.Net;
using System.Net.Sockets;
using System.Text;
using Zocalo;

// A chat on one thread: what one guest says, all guests get. Your first line is your name.
var isForPeople = args is ["listen", _];
using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
listener.Bind(IPEndPoint.Parse(isForPeople ? args[1] : "127.0.0.1:0"));
listener.Listen();
Console.WriteLine($"listening on tcp://{listener.LocalEndPoint}");
var visit = isForPeople ? Task.CompletedTask : VisitAsync($"tcp://{listener.LocalEndPoint}");
var guests = new Dictionary<Socket, Guest>();
do
{
    var (readable, writable, _) = Selector.Select(
        [listener, .. guests.Keys], [.. guests.Keys.Where(socket => guests[socket].Unsent.Count > 0)], [], TimeSpan.FromMinutes(1));
    foreach (var socket in readable) { if (socket == listener) { Welcome(); } else { Hear(socket, guests[socket]); } }
    foreach (var socket in writable.Where(guests.ContainsKey)) { Tell(socket, guests[socket].Unsent); }
    foreach (var (deaf, _) in guests.Where(guest => guest.Value.Unsent.Count > 100_000).ToList()) { Leave(deaf); }
} while (guests.Count > 0 || isForPeople);
await visit;

void Welcome()
{
    // Not blocking: the list promises room for one byte, and a send of more would wait for the rest.
    try { var socket = listener.Accept(); socket.Blocking = false; guests.Add(socket, new()); } catch (SocketException) { /* gone again */ }
}

void Hear(Socket socket, Guest guest)
{
    var bytes = new byte[1000];
    var count = socket.Receive(bytes, SocketFlags.None, out _);     // what the list promises: bytes, the end, or an error
    guest.Heard.AddRange(bytes.AsSpan(0, count));
    for (int end; (end = guest.Heard.IndexOf((byte)'\n') + 1) > 0; guest.Heard.RemoveRange(0, end))
    {
        Say(guest.Name is null ? [.. guest.Heard[..(end - 1)], .. " has come\n"u8] : [.. guest.Name, .. ": "u8, .. guest.Heard[..end]]);
        guest.Name ??= [.. guest.Heard[..(end - 1)]];
    }
    if (count == 0 || guest.Heard.Count > 1000) { Leave(socket); }
}
void Tell(Socket socket, List<byte> unsent) => unsent.RemoveRange(0, socket.Send(unsent.ToArray(), SocketFlags.None, out _));
void Say(byte[] line) { foreach (var guest in guests.Values) { guest.Unsent.AddRange(line); } }
void Leave(Socket socket)
{ if (guests.Remove(socket, out var guest)) { socket.Dispose(); Say([.. guest.Name ?? [], .. " has gone\n"u8]); } }

static async Task VisitAsync(Address address)
{
    await using var ana = await Connector.ConnectAsync(address);
    await ana.SendAsync("Ana\n¿hay alguien?\n"u8.ToArray());
    await foreach (var line in ana.AsFramed(Frames.Lines()).ReadAllAsync())
    {
        Console.WriteLine(Encoding.UTF8.GetString(line.Span));
        if (line.Span.EndsWith("gone"u8)) { return; }
        if (line.Span.EndsWith("?"u8))
        { await using var ben = await Connector.ConnectAsync(address); await ben.SendAsync("Ben\nhello, Ana\n"u8.ToArray()); }
    }
}
internal sealed class Guest { public List<byte> Heard = [], Unsent = []; public byte[]? Name; }
