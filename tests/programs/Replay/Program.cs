// Runs the workload of tests/Zocalo.Simulation with each of a range of seeds, and prints the digest of each trace: replay FIRST COUNT CONNECTIONS.
using System.Globalization;
using Zocalo.Simulation.Workload;

var numbers = args.Select(arg => int.Parse(arg, CultureInfo.InvariantCulture)).ToArray();
var (first, count, connections) = (numbers[0], numbers[1], numbers[2]);
for (var seed = first; seed < first + count; seed++)
{
    Console.WriteLine($"{seed} {await Digests.OfAsync((ulong)seed, connections)}");
}
