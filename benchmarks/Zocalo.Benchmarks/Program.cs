using BenchmarkDotNet.Running;
using Zocalo.Benchmarks.Running;

// dotnet run -c Release --project benchmarks/Zocalo.Benchmarks -- [--quick] [--filter '*Formats*'] [what else BenchmarkDotNet understands]
string[] rest = [.. args.Where(argument => argument != "--quick")];
if (!rest.Any(argument => argument is "--filter" or "-f" or "--list" or "--help"))
{
    rest = [.. rest, "--filter", "*"];
}
var job = rest.Any(argument => argument is "--job" or "-j") ? null : Suite.Job(quick: args.Contains("--quick"));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest, Suite.Config(job));
