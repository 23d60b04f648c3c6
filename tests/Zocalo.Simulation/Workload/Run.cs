using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>One run of the workload: some clients, one server host with every service, the faults that the seed draws; at the end the
/// invariant is checked.</summary>
internal static class Run
{
    /// <summary>Runs it inside the simulation.</summary>
    /// <exception cref="InvalidOperationException">A promise was broken; the message says which.</exception>
    internal static async Task OnAsync(SimulatedNetwork net, int connections, FaultMix faults, Tally tally)
    {
        net.Faults = faults;
        net.Window = Promises.Window;
        using var stage = new Stage(net, tally);
        var all = AllAsync(stage, connections);
        await Task.WhenAny(all, stage.Violated);
        if (stage.Violated.IsCompleted)
        {
            throw new InvalidOperationException(await stage.Violated);
        }
        await all;
        new Verdict(stage, new Evidence(net.Trace.ToString())).Judge();
        CheckNothingIsLeft(stage);
        if (stage.Violated.IsCompleted)
        {
            throw new InvalidOperationException(await stage.Violated);
        }
        tally.AddTime(net.Time.Elapsed);
        tally.Count("connections", stage.Conversations.Count);
        foreach (var (kind, times) in net.FaultsDrawn)
        {
            tally.Count($"fault: {kind}", times);
        }
    }

    private static async Task AllAsync(Stage stage, int connections)
    {
        var services = new Services(stage);
        await services.StartAsync();
        using var over = new CancellationTokenSource();
        var broadcasting = stage.Broadcasts.RunAsync(over.Token);
        var disturbing = services.DisturbAsync(over.Token);
        await Task.WhenAll(Enumerable.Range(1, connections).Select(stream => new Client(stage, stream).RunAsync()));
        over.Cancel();
        await broadcasting;
        await disturbing;
        await services.StopAsync();
        await stage.Think(TimeSpan.FromMilliseconds(1));        // ready work still runs: time passes only after it
    }

    private static void CheckNothingIsLeft(Stage stage)
    {
        if (stage.Handlers != 0)
        {
            stage.Fail($"{stage.Handlers} handlers still run");
        }
        foreach (var talk in stage.Broadcasts.Online)
        {
            stage.Fail("it is over, and still in the directory", talk);
        }
        foreach (var host in stage.Conversations.Select(talk => talk.ClientHost).Append(Stage.ServerHost).Distinct().Select(stage.Net.Host))
        {
            if (host.OpenDescriptors != 0)
            {
                stage.Fail($"{host.HostName} has {host.OpenDescriptors} descriptors open");
            }
        }
        stage.Net.CheckNothingLeaks();
    }
}
