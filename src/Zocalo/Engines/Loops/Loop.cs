using System.Net.Sockets;
using Zocalo.Buffers;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>
/// An event loop: one thread at a time owns it, waits for descriptors, timers and other threads, and runs user code between. Everything
/// here is in fields and every step reads only those, so that another thread can take the loop over in the middle of a batch and go on at
/// the cursor.
/// </summary>
/// <remarks>
/// The owner alone touches the ready list, the events, the timers and the table of who is watched; other threads use <see cref="Add"/>.
/// User code runs in <see cref="RunTurn"/> and nowhere else, and a connection's only while another thread could take the loop over if it
/// blocks (<see cref="Crew.IsSpent"/>). How ownership changes hands: <see cref="Tenure"/>, <see cref="Crew"/>.
/// </remarks>
internal sealed class Loop : ILoopWork
{
    // So many turns and then a look at the descriptors, whatever is on the ready list: code that is always ready must not starve who waits
    // for bytes.
    private const int TurnsBetweenEvents = 64;

    // And for so long, with all turns since the last wait together: 64 turns of 32 receives of 64 KiB took 25 ms, for which everybody
    // else waited. When it is over, events come before turns.
    private static readonly TimeSpan Slice = TimeSpan.FromMicroseconds(500);

    // So many turns between events are free of that: an ordinary message needs no more, and so no look at the clock.
    private const int UntimedTurns = 4;

    private readonly IPoller _poller;
    private readonly ReadyList _ready = new();
    private readonly Inbox _inbox;
    private readonly List<int> _closing = [];
    private readonly bool _isPrivate;
    private IWatched?[] _watched = [];      // by descriptor
    private IWatched? _only;                // of a private loop: a table up to its one descriptor would be thousands of times as large
    private LoopScheduler? _current;
    private volatile LoopSocket? _tenant;  // of a private loop: its one connection
    private long _word;
    private long _turns;
    private int _cursor;
    private int _events;
    private int _turnsLeft;
    private long? _sliceStart;      // a timestamp of the engine's clock; null: nobody had to look yet
    private bool _isSliceOver;
    private int _users;

    /// <param name="engine">Whose it is.</param>
    /// <param name="poller">How it waits; the loop closes it.</param>
    /// <param name="isPrivate">It ends with the last connection that used it, instead of waiting for the next one.</param>
    internal Loop(LoopEngine engine, IPoller poller, bool isPrivate)
    {
        Engine = engine;
        _poller = poller;
        _isPrivate = isPrivate;
        _inbox = new Inbox(poller);
        Crew = new Crew(this, engine.Name, isPrivate);
        Scheduler = LoopScheduler.OfEngine(this);
        Timers = new LoopTimers();
    }

    internal LoopEngine Engine { get; }

    internal SocketCalls Calls => Engine.Calls;

    internal Crew Crew { get; }

    internal LoopTimers Timers { get; }

    /// <summary>For code that belongs to no connection.</summary>
    internal LoopScheduler Scheduler { get; }

    internal bool IsPrivate => _isPrivate;

    /// <summary>See <see cref="Tenure"/>. Read from any thread.</summary>
    internal long Word => Volatile.Read(ref _word);

    /// <summary>How many turns of user code there have been. Read from any thread.</summary>
    internal long Turns => Volatile.Read(ref _turns);

    /// <summary>Connections that live here, or are being made. Read from any thread.</summary>
    internal int Users => Volatile.Read(ref _users);

    /// <summary>This thread owns the loop.</summary>
    internal bool IsHere => Tenure.Current is { } tenure && tenure.Loop == this && tenure.Epoch == Word >> 1;

    /// <summary>Descriptors from here on cannot be watched.</summary>
    internal int DescriptorLimit => _poller.DescriptorLimit;

    internal bool CanWatch(int descriptor) => descriptor < _poller.DescriptorLimit;

    /// <returns>The calling thread's tenure, inside the engine, to be left; null for a stranger.</returns>
    internal Tenure? TryEnter() => Tenure.Current is { } tenure && ReferenceEquals(tenure.Loop, this) && tenure.TryEnter() ? tenure : null;

    /// <summary>Puts work on the ready list, from any thread. User code of a loop that has ended runs on the thread pool.</summary>
    internal void Add(in WorkItem item)
    {
        if (TryEnter() is { } tenure)
        {
            _ready.Add(item);
            tenure.Leave();
        }
        else if (!_inbox.TryAdd(item) && !item.IsEngineWork)
        {
            item.RunOnPool();
        }
    }

    /// <returns>False when the caller owns the loop and this turn has had enough answers at once; a stranger holds up nobody
    /// here.</returns>
    internal bool MayAnswerAtOnce()
    {
        if (Tenure.Current is not { } tenure || !ReferenceEquals(tenure.Loop, this) || tenure.TryTakeUntimedCall() || !tenure.TryEnter())
        {
            return true;
        }
        var may = tenure.CallsLeft >= 0 && !LookWhetherSliceIsOver();
        tenure.Leave();
        return may;
    }

    /// <summary>Somebody is going to use this loop.</summary>
    internal void Retain() => Interlocked.Increment(ref _users);

    /// <summary>No more. A private loop ends with its last user.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0 && _isPrivate)
        {
            Add(new WorkItem(this));
        }
    }

    /// <remarks>Nothing to do: it is there to be looked at.</remarks>
    void ILoopWork.OnTurn()
    {
    }

    /// <summary>Gives back what it holds: it never ran, and never will.</summary>
    internal void Discard() => _poller.Close();

    internal bool TryMove(long from, long to) => Interlocked.CompareExchange(ref _word, to, from) == from;

    /// <summary>
    /// The owner moves to user code. On a private loop, where nobody looks after that, it asks first whether its connection is to end:
    /// then it gives the loop away and goes on as a foreign
    /// thread, so that the end does not wait for the handler.
    /// </summary>
    internal void MoveToUserCode(long to)
    {
        if (!_isPrivate)
        {
            Volatile.Write(ref _word, to);
            return;
        }
        // A full fence between the word and the look. The other side has its own, between asking and looking at the word
        // (LoopSocket.Ask): one of the two sees the other.
        Interlocked.Exchange(ref _word, to);
        if (_tenant is { IsEndUrgent: true })
        {
            Crew.TryTakeOver(to);
        }
    }

    /// <summary>A private loop has its connection. Called before any of its code runs.</summary>
    internal void SetTenant(LoopSocket connection) => _tenant = connection;

    /// <summary>The loop was taken over from a thread that is still in a turn. Called by who took it over, before anybody else owns
    /// it.</summary>
    /// <returns>The connection whose turn it is, which goes on on the pool; none on a private loop, whose connection may hold up what it
    /// likes.</returns>
    internal LoopScheduler? OnTakenOver()
    {
        var held = _isPrivate ? null : _current;
        held?.MoveToPool();
        return held;
    }

    /// <summary>Runs the loop until it ends or is taken over. The thread's tenure has begun.</summary>
    internal void Run(Tenure tenure)
    {
        Tenure.Current = tenure;
        if (_isPrivate)
        {
            SegmentPool.KeepNothingHere();
        }
        while (Step(tenure))
        {
        }
        Tenure.Current = null;
    }

    // What follows is called by the owner only.

    /// <summary>Begins to watch a descriptor, or asks again about one that is watched.</summary>
    /// <returns>Why it cannot.</returns>
    internal SocketError Watch(int descriptor, IWatched watched, Readiness interest)
    {
        if (WatcherOf(descriptor) == watched)
        {
            _poller.Modify(descriptor, interest);
            return SocketError.Success;
        }
        var error = _poller.Register(descriptor, interest);
        if (error == SocketError.Success)
        {
            SetWatcher(descriptor, watched);
        }
        return error;
    }

    /// <summary>Ends it, if it began.</summary>
    internal void Unwatch(int descriptor, IWatched watched)
    {
        if (WatcherOf(descriptor) == watched)
        {
            SetWatcher(descriptor, null);
            _poller.Remove(descriptor);
        }
    }

    /// <summary>Closes a socket at the end of this batch of events: until then its number belongs to nobody else, and an event that tells
    /// of it finds nobody.</summary>
    internal void CloseSoon(int socket) => _closing.Add(socket);

    /// <returns>False when this turn has had enough answers at once.</returns>
    internal bool TryTakeCall(Tenure tenure) => tenure.TryTakeUntimedCall() || (tenure.CallsLeft >= 0 && !LookWhetherSliceIsOver());

    private bool Step(Tenure tenure)
    {
        if (_turnsLeft is > 0 and < TurnsBetweenEvents - UntimedTurns && !_isSliceOver)
        {
            LookWhetherSliceIsOver();       // then no turns are left
        }
        if (_turnsLeft > 0 && _ready.TryTake(out var item))
        {
            _turnsLeft--;
            return RunTurn(item, tenure);
        }
        if (_cursor < _events)
        {
            tenure.BeginCalls();
            Tell(_poller.Event(_cursor++));
            // Whoever had to wait for the end of the slice has a turn each before the next event; nobody has two.
            _turnsLeft = _isSliceOver ? Math.Min(_ready.Count, TurnsBetweenEvents) : TurnsBetweenEvents;
            return true;
        }
        _turnsLeft = TurnsBetweenEvents;
        (_sliceStart, _isSliceOver) = (null, false);
        return TryWait();
    }

    private bool LookWhetherSliceIsOver()
    {
        if (!_isSliceOver)
        {
            var clock = Engine.Clock;
            _sliceStart ??= clock.GetTimestamp();
            _isSliceOver = clock.GetElapsedTime(_sliceStart.Value) >= Slice;
            _turnsLeft = _isSliceOver ? 0 : _turnsLeft;
        }
        return _isSliceOver;
    }

    private bool RunTurn(in WorkItem item, Tenure tenure)
    {
        tenure.BeginCalls();
        if (item.IsEngineWork)
        {
            item.RunEngineWork();
            return true;
        }
        if (item.Connection is { } connection && (connection.IsOnPool || Crew.IsSpent))
        {
            item.RunOnPool();
            return true;
        }
        _current = item.Connection;
        _turns++;
        Engine.Watchdog?.OnTurn();
        tenure.BeginTurn();
        item.Run(withContext: Engine.Watchdog is null);
        return tenure.TryEndTurn();
    }

    private void Tell(ReadinessEvent told)
    {
        if (told.Readiness != Readiness.None)       // otherwise it was the poller's own, to end the wait
        {
            WatcherOf(told.Descriptor)?.OnReady(told.Readiness);
        }
    }

    private IWatched? WatcherOf(int descriptor) =>
        _isPrivate ? _only : (uint)descriptor < (uint)_watched.Length ? _watched[descriptor] : null;

    private void SetWatcher(int descriptor, IWatched? watched)
    {
        if (_isPrivate)
        {
            _only = watched;
            return;
        }
        if (descriptor >= _watched.Length)
        {
            Array.Resize(ref _watched, Math.Max(descriptor + 1, _watched.Length * 2));
        }
        _watched[descriptor] = watched;
    }

    /// <returns>False when the loop has ended.</returns>
    private bool TryWait()
    {
        foreach (var socket in _closing)
        {
            Calls.Close(socket);
        }
        _closing.Clear();
        if (_isPrivate && _users == 0 && _ready.Count == 0 && Timers.Count == 0 && _inbox.TryClose())
        {
            _poller.Close();
            return false;
        }
        var milliseconds = _ready.Count > 0 ? 0 : Timers.MillisecondsToNext();
        if (milliseconds != 0 && !_inbox.TrySleep())
        {
            milliseconds = 0;
        }
        _events = _poller.Wait(milliseconds);
        _cursor = 0;
        _inbox.Awake();
        _inbox.MoveTo(_ready);
        Timers.MoveDueTo(_ready);
        return true;
    }
}

/// <summary>Whoever is told about its descriptor.</summary>
internal interface IWatched
{
    /// <summary>Called by the loop's owner, between turns of user code.</summary>
    void OnReady(Readiness readiness);
}
