using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops.Sockets;

/// <summary>A connect that gets no socket from the system gives back what was reserved for its connection.</summary>
public sealed class ConnectWithoutSocketTests
{
    public ConnectWithoutSocketTests() => Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");

    [Theory]
    [MemberData(nameof(LoopEngines.Shared), MemberType = typeof(LoopEngines))]
    public async Task A_loop_does_not_count_it(string name)
    {
        var engine = LoopEngines.Make(name);
        var loop = engine.FirstLoop;
        await ConnectAsync(engine);
        Assert.Equal(0, loop.Users);

        // The same by code on the loop, whose connections live there.
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Scheduler.Post(
            async _ =>
            {
                await ConnectAsync(engine);
                done.SetResult();
            },
            null);
        await done.Task.WaitAsync(LoopEngines.Cap);
        Assert.Equal(0, loop.Users);
    }

    [Fact]
    public async Task A_private_loop_ends()
    {
        var ended = 0;
        var engine = LoopEngines.Make("threads", around: inner => new Closing(inner, () => Interlocked.Increment(ref ended)));
        await ConnectAsync(engine);
        await LoopEngines.UntilAsync(() => Volatile.Read(ref ended) == 1, "its thread waits for a connection that never comes");
    }

    private static async Task ConnectAsync(LoopEngine engine)
    {
        var connecting = engine.ConnectAsync(new Nowhere(), ConnectionOptions.Default.SocketSettings, CancellationToken.None);
        var error = await Assert.ThrowsAnyAsync<SocketException>(() => connecting);
        Assert.Equal(SocketError.AddressFamilyNotSupported, error.SocketErrorCode);
    }

    /// <summary>An address of a kind that this system has no sockets for.</summary>
    private sealed class Nowhere : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.AppleTalk;
    }

    private sealed class Closing(IPoller inner, Action closed) : IPoller
    {
        public int DescriptorLimit => inner.DescriptorLimit;

        public SocketError Register(int descriptor, Readiness interest) => inner.Register(descriptor, interest);

        public void Modify(int descriptor, Readiness interest) => inner.Modify(descriptor, interest);

        public void Deregister(int descriptor) => inner.Deregister(descriptor);

        public int Wait(int milliseconds) => inner.Wait(milliseconds);

        public ReadinessEvent Event(int index) => inner.Event(index);

        public void Wake() => inner.Wake();

        public void Close()
        {
            inner.Close();
            closed();
        }
    }
}
