using BenchmarkDotNet.Running;
using Zocalo.Benchmarks.Heart;
using Zocalo.Benchmarks.Running;

// dotnet run -c Release --project benchmarks/Zocalo.Benchmarks -- [--quick] [--filter '*Formats*'] [what else BenchmarkDotNet understands]
// dotnet run -c Release --project benchmarks/Zocalo.Benchmarks -- heart [case] [--seconds n]
if (args is ["heart", .. var ofHeart])
{
    return await HeartBenchmark.RunAsync(ofHeart);
}
string[] rest = [.. args.Where(argument => argument != "--quick")];
if (!rest.Any(argument => argument is "--filter" or "-f" or "--list" or "--help"))
{
    rest = [.. rest, "--filter", "*"];
}
var job = rest.Any(argument => argument is "--job" or "-j") ? null : Suite.Job(quick: args.Contains("--quick"));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(rest, Suite.Config(job));
return 0;
