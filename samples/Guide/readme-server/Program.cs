using Zocalo;

await using var server = await SocketServer.StartAsync(args.FirstOrDefault() ?? "tcp://127.0.0.1:5346",
    (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct));
Console.WriteLine($"echo on {server.LocalAddress}; press Enter to stop");
Console.ReadLine();
