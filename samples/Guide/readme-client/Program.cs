using Zocalo;

await using var connection = await Connector.ConnectAsync(args.FirstOrDefault() ?? "tcp://127.0.0.1:5346");
await connection.SendAsync("Hello world!"u8.ToArray());     // all of it, or an exception
await connection.CompleteOutputAsync();                     // "I have finished; I still listen"
using var reader = new StreamReader(connection.AsStream());
Console.WriteLine(await reader.ReadToEndAsync());
Console.WriteLine(await connection.CloseAsync());           // Completed, 12 in, 12 out
