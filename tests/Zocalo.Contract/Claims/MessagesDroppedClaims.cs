using System.Runtime.CompilerServices;

namespace Zocalo.Contract.Claims;

/// <summary>A connection of messages that the program forgot is ended and reported, as one of bytes is. Runs alone: the collector is the
/// whole process's.</summary>
[Collection(nameof(RunsAlone))]
public sealed class MessagesDroppedClaims
{
    private static readonly int[] Many = new int[40];

    [Claim(Needs = Needs.Collector)]
    public Task A_framed_connection_that_is_dropped_is_aborted_and_reported(Transport transport) => DroppedAsync(transport, Note.Plain);

    [Claim(Needs = Needs.Collector)]
    public Task A_framed_connection_with_replies_that_is_dropped_is_aborted_and_reported(Transport transport) =>
        DroppedAsync(transport, Note.ById);

    [Claim(Needs = Needs.Collector)]
    public async Task A_framed_connection_in_use_is_not_taken_for_dropped(Transport transport)
    {
        foreach (var (use, asked) in new (Func<FramedConnection<Note, Note>, Task<string>>, byte[])[]
        {
            (static async peer =>
            {
                await foreach (var note in peer.ReadAllAsync())
                {
                    return note.Text;
                }
                return "the end";
            }, []),
            (static async peer => (await peer.RequestAsync(new("question"))).Text, Messages.Wire("1 - question")),
        })
        {
            await using var site = transport.NewSite();
            var listener = await site.ListenAsync();
            var inUse = Using(listener.LocalAddress, site.Engine, use);
            var server = await site.AcceptAsync(listener);
            Assert.Equal(asked, await server.TakeAsync(asked.Length));      // an answer before its question would be a late one
            for (var round = 0; round < 5; round++)
            {
                Collect();
            }
            Assert.False(inUse.IsCompleted);
            await server.SendAsync(Messages.Wire("1 R answer", "1 - answer")).InTime();
            Assert.Equal("answer", await inUse.InTime());
            Collect();
            server.Abort();
        }
    }

    [Claim(Needs = Needs.Collector)]
    public async Task A_framed_connection_whose_send_waits_is_not_taken_for_dropped(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var (sending, closed) = Sending(listener.LocalAddress, site.Engine);
        var server = await site.AcceptAsync(listener);
        for (var round = 0; round < 5; round++)
        {
            Collect();
        }
        Assert.False(sending.IsCompleted);
        await server.TakeAsync(Messages.ClogLength);
        Assert.Equal(Messages.Wire("waited"), await server.TakeAsync(10));
        await sending.InTime();
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: Collect);
    }

    [Claim(Needs = Needs.Collector)]
    public async Task Nor_is_one_whose_send_waits_behind_those_of_others(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        // The second long one has to wait though the peer has read: a kernel's receive buffer has grown by then.
        var second = site.Engine is SimulatedHost ? Stall.Bytes : Stall.BytesAfterReading;
        var (sending, closed) = SendingLast(listener.LocalAddress, site.Engine, second);
        var server = await site.AcceptAsync(listener);
        await server.TakeAsync(Messages.ClogLength);
        Assert.Equal(Many.SelectMany(_ => Messages.Wire("small")), await server.TakeAsync(Many.Length * 9));
        await server.TakeAsync(1);      // of the second long one
        for (var round = 0; round < 5; round++)
        {
            Collect();
        }
        Assert.False(sending.IsCompleted);
        Assert.False(closed.IsCompleted);
        await server.TakeAsync(4 + second - 1);
        Assert.Equal(Messages.Wire("last"), await server.TakeAsync(8));
        await sending.InTime();
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: Collect);
    }

    private static async Task DroppedAsync(Transport transport, Protocol<Note, Note> protocol)
    {
        var log = new EventLog();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var closed = Dropped(listener.LocalAddress, protocol, new() { Engine = site.Engine, Logger = log });
        var server = await site.AcceptAsync(listener);
        await Patience.UntilAsync(() => closed.IsCompleted, meanwhile: Collect);
        Assert.Equal(EndReason.Aborted, (await closed).Reason);
        Assert.Single(log.Lines, line => line.Contains("dropped", StringComparison.Ordinal));
        await Record.ExceptionAsync(() => server.TakeAllAsync());       // it is told, by a reset or a FIN
    }

    // The methods below hold a connection in their own frame only, so that it is free when they have returned: not inlined.

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<ConnectionEnd> Dropped(Address to, Protocol<Note, Note> protocol, ConnectOptions options)
    {
        var peer = Connector.ConnectAsync(to, protocol, options).InTime().GetAwaiter().GetResult();
        peer.SendAsync(new("hello")).InTime().GetAwaiter().GetResult();
        return peer.Closed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<string> Using(Address to, Engine engine, Func<FramedConnection<Note, Note>, Task<string>> use) =>
        await use(await Connector.ConnectAsync(to, Note.ById, new() { Engine = engine }).InTime());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Task Sending, Task<ConnectionEnd> Closed) Sending(Address to, Engine engine)
    {
        var peer = Connector.ConnectAsync(to, Messages.Long, new() { Engine = engine }).InTime().GetAwaiter().GetResult();
        peer.ClogAsync().GetAwaiter().GetResult();
        return (peer.SendAsync(Messages.Of("waited")).AsTask(), peer.Closed);
    }

    // So many go out one by one that whoever flushes for them hands the rest over; then comes one that stalls, and the last waits for it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Task Sending, Task<ConnectionEnd> Closed) SendingLast(Address to, Engine engine, int second)
    {
        var options = new ConnectOptions
        {
            Engine = engine,
            Connection = new() { SendHighWaterMark = 1, ReceiveLimit = second + 4 },
            Messaging = new() { OutboxCapacity = 1 },
        };
        var format = Frames.LengthPrefixed(maxFrameLength: second);
        var peer = Connector.ConnectAsync(to, format, options).InTime().GetAwaiter().GetResult();
        peer.ClogAsync().GetAwaiter().GetResult();
        foreach (var _ in Many)
        {
            peer.SendAsync(Messages.Of("small")).AsTask();
        }
        var clog = peer.SendAsync(new byte[second]).AsTask();
        Assert.False(clog.IsCompleted);
        return (peer.SendAsync(Messages.Of("last")).AsTask(), peer.Closed);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
