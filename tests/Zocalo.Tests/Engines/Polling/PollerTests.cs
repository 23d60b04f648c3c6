using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Polling;
using Zocalo.Tests.Engines.Loops;
using Interest = Zocalo.Engines.Polling.Readiness;

namespace Zocalo.Tests.Engines.Polling;

/// <summary>What a loop asks of every way to wait, the same for each of them (see IPoller).</summary>
public sealed class PollerTests : IDisposable
{
    private const int Capped = 30_000;      // milliseconds; a wait that ends by itself fails the test

    private readonly Socket _watched;
    private readonly Socket _peer;
    private IPoller? _poller;

    public PollerTests()
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _peer.Connect(listener.LocalEndPoint!);
        _watched = listener.Accept();
        _watched.Blocking = false;
    }

    public static TheoryData<string> All => ["epoll", "select", "poll"];

    private int Descriptor => (int)_watched.SafeHandle.DangerousGetHandle();

    public void Dispose()
    {
        _poller?.Close();
        _watched.Dispose();
        _peer.Dispose();
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_ready_when_it_is_registered_is_told_and_then_not_again(string name)
    {
        var poller = Make(name);
        _peer.Send([1]);
        Assert.Equal(SocketError.Success, poller.Register(Descriptor, Interest.Readable));
        Assert.Equal(Interest.Readable, Only(poller));
        Assert.Equal(0, poller.Wait(0));
        Assert.Equal(0, poller.Wait(1));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void More_bytes_are_told_after_it_was_asked_again(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable);
        Assert.Equal(0, poller.Wait(0));
        for (var i = 0; i < 10; i++)
        {
            _peer.Send([1]);
            Assert.Equal(Interest.Readable, Only(poller));
            Assert.Equal(1, _watched.Receive(new byte[16]));
            Assert.Throws<SocketException>(() => _watched.Receive(new byte[1]));
            poller.Modify(Descriptor, Interest.Readable);
            Assert.Equal(0, poller.Wait(0));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Room_is_told_when_it_is_asked_for_and_there(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable);
        AskForRoom(poller);
        Empty(poller);
        Assert.True(_watched.Send(new byte[1]) > 0);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Room_that_is_lacking_a_second_time_is_told_again(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable | Interest.Writable);
        Assert.Equal(Interest.Writable, Only(poller));
        for (var i = 0; i < 3; i++)
        {
            AskForRoom(poller);
            Empty(poller);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Data_and_the_end_at_once_are_told_so_that_both_are_found(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable);
        _peer.Send([1]);
        _peer.Shutdown(SocketShutdown.Send);
        Assert.True(SpinWait.SpinUntil(() => _watched.Available == 1 && _watched.Poll(0, SelectMode.SelectRead), Capped));
        var told = Only(poller);
        Assert.True(told.HasFlag(Interest.Readable));
        Assert.Equal(1, _watched.Receive(new byte[16]));
        if (!told.HasFlag(Interest.MayEndEarly))
        {
            poller.Modify(Descriptor, Interest.Readable);       // then it is told of the rest, or was told before it came
            Assert.True(Only(poller).HasFlag(Interest.Readable));
        }
        Assert.Equal(0, _watched.Receive(new byte[16]));
        Assert.Equal(name == "epoll", told.HasFlag(Interest.MayEndEarly));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_reset_is_an_event_for_either_interest(string name)
    {
        foreach (var interest in (Interest[])[Interest.Readable, Interest.Writable])
        {
            using var other = new PollerTests();
            var poller = other.Make(name);
            if (interest == Interest.Writable)
            {
                other.Fill();
            }
            poller.Register(other.Descriptor, interest);
            Assert.Equal(0, poller.Wait(0));
            other._peer.Close(0);
            Assert.True(other.Only(poller).HasFlag(interest));
            Assert.Equal(0, poller.Wait(0));        // and not again: nothing was asked for since
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_wait_is_ended_from_another_thread_and_so_is_the_next_one(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable);
        for (var i = 0; i < 20; i++)
        {
            var waiting = Task.Factory.StartNew(() => poller.Wait(-1), TaskCreationOptions.LongRunning);
            poller.Wake();      // before it waits, or while
            Assert.Equal(1, await waiting.WaitAsync(LoopEngines.Cap));
            Assert.NotEqual(Descriptor, poller.Event(0).Descriptor);
            Assert.Equal(0, poller.Wait(0));
        }
        poller.Wake();
        poller.Wake();
        _peer.Send([1]);
        Assert.True(SpinWait.SpinUntil(() => _watched.Available == 1, Capped));
        var told = Told(poller, poller.Wait(-1));
        Assert.Contains(told, one => one.Descriptor == Descriptor);
        Assert.Equal(0, poller.Wait(0));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void What_was_removed_is_told_no_more_and_its_number_can_be_used_anew(string name)
    {
        var poller = Make(name);
        poller.Register(Descriptor, Interest.Readable | Interest.Writable);
        poller.Deregister(Descriptor);
        poller.Register(Descriptor, Interest.Readable);     // a connect that has become a connection
        Assert.Equal(0, poller.Wait(0));
        _peer.Send([1]);
        Assert.Equal(Interest.Readable, Only(poller));
        poller.Modify(Descriptor, Interest.Writable);       // what the one before it had asked for is forgotten
        Assert.Equal(Interest.Writable, Only(poller) & Interest.Writable);
        poller.Deregister(Descriptor);
        _watched.Close();
        Assert.Equal(0, poller.Wait(0));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Removing_one_in_the_middle_of_a_batch_loses_none_of_the_others(string name)
    {
        var poller = Make(name);
        var pairs = Enumerable.Range(0, 8).Select(_ => new PollerTests()).ToArray();
        foreach (var pair in pairs)
        {
            poller.Register(pair.Descriptor, Interest.Readable);
            pair._peer.Send([1]);
            Assert.True(SpinWait.SpinUntil(() => pair._watched.Available == 1, Capped));
        }
        var count = poller.Wait(-1);
        Assert.Equal(pairs.Length, count);
        var told = new HashSet<int> { poller.Event(0).Descriptor, poller.Event(1).Descriptor };
        foreach (var pair in pairs.Where(pair => told.Contains(pair.Descriptor)).ToArray())
        {
            poller.Deregister(pair.Descriptor);     // the loop closes it at the end of the batch
        }
        for (var i = 2; i < count; i++)
        {
            told.Add(poller.Event(i).Descriptor);
        }
        foreach (var pair in pairs.Where(pair => !told.Contains(pair.Descriptor)))
        {
            Assert.Equal("poll", name);         // it tells at the next wait
        }
        Told(poller, poller.Wait(0)).ForEach(one => told.Add(one.Descriptor));
        Assert.All(pairs, pair => Assert.Contains(pair.Descriptor, told));
        Array.ForEach(pairs, pair => pair.Dispose());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Its_own_descriptors_are_given_back(string name)
    {
        for (var i = 0; i < 3; i++)
        {
            Make(name).Close();
        }
        var before = Descriptors.Count;
        for (var i = 0; i < 200; i++)
        {
            Make(name).Close();
        }
        Assert.InRange(Descriptors.Count, 0, before + 100);
        _poller = null;
    }

    private IPoller Make(string name) => _poller = name switch
    {
        "epoll" => new EpollPoller(),
        "select" => new SelectPoller(),
        "poll" => new PollPoller(),
        _ => throw new ArgumentException($"there is no poller {name}", nameof(name)),
    };

    /// <summary>Waits for one event, of the watched descriptor.</summary>
    private Interest Only(IPoller poller)
    {
        Assert.Equal(1, poller.Wait(Capped));
        var told = poller.Event(0);
        Assert.Equal(Descriptor, told.Descriptor);
        return told.Readiness;
    }

    private static List<ReadinessEvent> Told(IPoller poller, int count) => Enumerable.Range(0, count).Select(poller.Event).ToList();

    /// <summary>Until no room is left, and none comes by itself: what the peer's side still takes up makes some a little later.</summary>
    /// <summary>Asks for room when there is none, and is told nothing. On a busy machine the kernel may find some later than we look: then
    /// that is filled too.</summary>
    private void AskForRoom(IPoller poller)
    {
        var tries = 0;
        do
        {
            Assert.True(tries++ < 100, "room is told again and again, and nobody reads");
            Fill();
            poller.Modify(Descriptor, Interest.Writable);
        }
        while (poller.Wait(0) != 0);
    }

    private void Fill()
    {
        do
        {
            try
            {
                while (true)
                {
                    _watched.Send(new byte[64 * 1024]);
                }
            }
            catch (SocketException error)
            {
                Assert.Equal(SocketError.WouldBlock, error.SocketErrorCode);
            }
        }
        while (_watched.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite));
    }

    /// <summary>The peer reads until room is told.</summary>
    private void Empty(IPoller poller)
    {
        var sink = new byte[1024 * 1024];
        while (poller.Wait(0) == 0)
        {
            if (_peer.Poll(0, SelectMode.SelectRead))
            {
                _peer.Receive(sink);
            }
        }
        var told = poller.Event(0);
        Assert.Equal((Descriptor, Interest.Writable), (told.Descriptor, told.Readiness & Interest.Writable));
    }
}
