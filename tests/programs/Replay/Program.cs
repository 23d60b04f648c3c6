// Runs the workload of tests/Zocalo.Simulation with each of a range of seeds, and prints the digest of each trace: replay FIRST COUNT
// CONNECTIONS. With "fail", and whatever comes behind it, prints the line that replays an exploration which fails in a program without
// tests.
using System.Globalization;
using Zocalo.Simulation.Workload;
using Zocalo.Testing;

if (args is ["fail", ..])
{
    try
    {
        await Explore.Seeds(1, _ => throw new InvalidOperationException("as it should"));
    }
    catch (SeedFailedException failed)
    {
        Console.WriteLine(failed.Replay);
    }
    return;
}
var numbers = args.Select(arg => int.Parse(arg, CultureInfo.InvariantCulture)).ToArray();
var (first, count, connections) = (numbers[0], numbers[1], numbers[2]);
for (var seed = first; seed < first + count; seed++)
{
    Console.WriteLine($"{seed} {await Digests.OfAsync((ulong)seed, connections)}");
}
