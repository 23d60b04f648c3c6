using System.Text;
using Zocalo;

var server = args.Length > 0 ? args[0] : "tcp://127.0.0.1:5346";
try
{
    await using var connection = await Connector.ConnectAsync(server, new() { Timeout = TimeSpan.FromSeconds(5) });
    Console.WriteLine($"connected to {connection.RemoteAddress} from {connection.LocalAddress}");

    await connection.SendAsync("Hello world! This is an echo client made with Zocalo."u8.ToArray());
    await connection.CompleteOutputAsync();         // a FIN: "that was all, I am listening"

    using var reply = new MemoryStream();
    await connection.Input.CopyToAsync(reply);      // until the server's FIN: "that was all" from there, too
    Console.WriteLine($"received {reply.Length} bytes: {Encoding.UTF8.GetString(reply.ToArray())}");

    Console.WriteLine($"closed: {await connection.CloseAsync()}");
    return 0;
}
catch (Exception error) when (error is FormatException or TimeoutException or IOException)
{
    // A bad address, no answer in time, refused or broken: the message says which, and what to do.
    Console.Error.WriteLine(error.Message);
    return 1;
}
