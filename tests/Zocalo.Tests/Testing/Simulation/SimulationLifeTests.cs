using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Simulation;

/// <summary>How a simulation begins and ends around the method that makes it.</summary>
public class SimulationLifeTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task One_network_after_the_other_in_one_method()
    {
        var traces = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            await using var net = new SimulatedNetwork(9);
            await using var duo = await Duo.JoinAsync(net);
            Assert.Equal("hello", await Duo.Pass(duo.Client, duo.Server, "hello"));
            traces.Add(net.Trace.ToString());
        }
        Assert.Single(traces.Distinct());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task After_its_end_the_method_goes_on_outside()
    {
        var inside = "";
        await using (var net = new SimulatedNetwork(1))
        {
            await Task.Yield();
            inside = Thread.CurrentThread.Name ?? "";
        }
        Assert.Equal("simulation", inside);
        for (var i = 0; i < 3; i++)
        {
            Assert.NotEqual("simulation", Thread.CurrentThread.Name);
            await Task.Run(() => { });
            await Task.Delay(1);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Its_end_may_be_asked_for_twice()
    {
        var net = new SimulatedNetwork(1);
        await Task.Yield();
        await net.DisposeAsync();
        await net.DisposeAsync();
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_network_that_nobody_awaits_in_ends_too()
    {
        await using (var net = new SimulatedNetwork(1))
        {
            Assert.NotNull(net.Host("a"));
        }
        await using var next = new SimulatedNetwork(2);
        await Task.Delay(TimeSpan.FromSeconds(1), next.Time);
        Assert.Equal(TimeSpan.FromSeconds(1), next.Time.Elapsed);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task At_its_end_what_is_ready_still_runs_and_no_time_passes()
    {
        var (ran, late) = (0, false);
        var net = new SimulatedNetwork(1);
        await Task.Yield();
        _ = ReadyAsync();
        _ = LateAsync();
        await net.DisposeAsync();
        Assert.Equal(100, ran);
        Assert.False(late);
        Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);

        async Task ReadyAsync()
        {
            for (; ran < 100; ran++)
            {
                await Task.Yield();
            }
        }

        async Task LateAsync()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), net.Time);
            late = true;
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_test_that_throws_ends_its_simulation_and_its_exception_comes_out()
    {
        SimulatedNetwork? made = null;
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var net = made = new SimulatedNetwork(1);
            await using var duo = await Duo.JoinAsync(net);
            throw new InvalidOperationException("the test's");
        });
        Assert.Equal("the test's", thrown.Message);
        Assert.NotEqual("simulation", Thread.CurrentThread.Name);
        Assert.Empty(made!.OpenConnections);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Connections_that_are_not_closed_are_told_of()
    {
        await using var net = new SimulatedNetwork(1);
        var duo = await Duo.JoinAsync(net);
        var leak = Assert.Throws<LeakException>(net.CheckNothingLeaks);
        Assert.Contains(duo.Wire.ToString(), leak.Message, StringComparison.Ordinal);
        duo.Client.Abort();
        await duo.Client.Closed;
        Assert.Equal([duo.Wire], net.OpenConnections);
        duo.Server.Abort();
        await duo.Server.Closed;
        net.CheckNothingLeaks();
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Hosts_and_links_are_made_once()
    {
        await using var net = new SimulatedNetwork(1);
        Assert.Same(net.Host("a"), net.Host("A"));
        Assert.NotSame(net.Host("a"), net.Host("b"));
        Assert.Same(net.Link(net.Host("a"), net.Host("b")), net.Link(net.Host("a"), net.Host("b")));
        Assert.NotSame(net.Link(net.Host("a"), net.Host("b")), net.Link(net.Host("b"), net.Host("a")));
        Assert.Throws<ArgumentException>(() => net.Host(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => net.Window = 0);
    }
}
