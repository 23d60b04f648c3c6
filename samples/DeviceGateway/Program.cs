using DeviceGateway;
using DeviceGateway.Fleet;

var gateway = new Gateway((imei, position, _) =>
{
    Console.WriteLine($"{imei} is at {position.Latitude:F4}, {position.Longitude:F4}, {position.Speed} km/h");
    return ValueTask.CompletedTask;
});
gateway.Trackers.Online += (_, tracker) => Console.WriteLine($"{tracker.Key} is online");
gateway.Trackers.Offline += (_, tracker) => Console.WriteLine($"{tracker.Key} is offline: {tracker.Reason}");

// With an address as argument it serves trackers there until Enter is pressed.
if (args is [var address])
{
    await using var open = await gateway.StartAsync(address);
    Console.WriteLine($"trackers at {open.LocalAddress}; press Enter to stop");
    Console.ReadLine();
    return;
}

await using var server = await gateway.StartAsync("tcp://127.0.0.1:0");
await using var truck = await SimulatedTracker.LogInAsync(server.LocalAddress, "123456789012345");
await using var boat = await SimulatedTracker.LogInAsync(server.LocalAddress, "351234567890123");

await truck.SendAsync(new(new(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc), 19.4326, -99.1332, Speed: 40, Course: 143, Satellites: 9));
await truck.BeatAsync();        // its acknowledgement comes after the position was handled
Console.WriteLine($"truck was told DYD#, and says: {await gateway.CommandAsync(truck.Imei, "DYD#")}");
Console.WriteLine($"commands: truck {truck.Commands}, boat {boat.Commands}");

// The truck lost its signal and connects again: the gateway has not noticed that the first connection is dead.
await using var again = await SimulatedTracker.LogInAsync(server.LocalAddress, truck.Imei);
Console.WriteLine($"the first connection: {(await truck.Closed).Reason}");
Console.WriteLine($"{gateway.Trackers.Count} trackers are online");
