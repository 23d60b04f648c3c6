using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>
/// An event loop: one thread at a time owns it, waits for descriptors, timers and other threads, and runs user code between. Everything
/// here is in fields and every step reads only those, so that another thread can take the loop over in the middle of a batch and continue
/// at the cursor. <see cref="SharedLoop"/> has many connections, <see cref="PrivateLoop"/> one.
/// </summary>
/// <remarks>
/// The owner alone touches the run queue, the events, the timers and the table of registrations; other threads use <see cref="Post"/>. User
/// code runs in <see cref="RunCallback"/> and nowhere else, and a connection's only while another thread could take the loop over if it
/// blocks (<see cref="LoopThreads.HasNoStandby"/>). How ownership changes hands: <see cref="LoopOwnership"/>, <see cref="LoopThreads"/>.
/// </remarks>
internal abstract class Loop : ILoopWork
{
    // After this many callbacks the loop looks at the descriptors, whatever is on the run queue: code that is always ready must not starve
    // connections that wait for bytes.
    private const int CallbacksBetweenEvents = 64;

    // And after this time, counted over all callbacks since the last wait: 64 callbacks of 32 receives of 64 KiB took 25 ms, for which
    // every other connection waited. When it is over, events come before callbacks.
    private static readonly TimeSpan Slice = TimeSpan.FromMicroseconds(500);

    // The first callbacks between two events are not timed: an ordinary message needs no more, and so no look at the clock.
    private const int UntimedCallbacks = 4;

    private readonly IPoller _poller;
    private readonly Queue<WorkItem> _runQueue = new();
    private readonly Queue<WorkItem> _again = new();        // what a callback posted for its own connection
    private int _againDue;                                  // so many of them have waited for a look at the descriptors
    private readonly RemoteQueue _remoteQueue;
    private readonly List<int> _closing = [];
    private RegistrationTable _registrations = new();
    private long _word;
    private long _callbacks;
    private int _cursor;
    private int _events;
    private int _callbacksLeft;
    private long? _sliceStart;      // a timestamp of the engine's clock; null: the time was not needed yet
    private bool _isSliceOver;
    private int _users;

    /// <param name="engine">The engine that makes it.</param>
    /// <param name="poller">How it waits; the loop closes it.</param>
    /// <param name="mostStandbys">How many standby threads it keeps.</param>
    private protected Loop(LoopEngine engine, IPoller poller, int mostStandbys)
    {
        Engine = engine;
        _poller = poller;
        _remoteQueue = new RemoteQueue(poller);
        Threads = new LoopThreads(this, engine.Name, mostStandbys);
        Scheduler = LoopScheduler.OfEngine(this);
        Timers = new LoopTimers();
    }

    internal LoopEngine Engine { get; }

    internal SocketCalls Calls => Engine.Calls;

    internal LoopThreads Threads { get; }

    internal LoopTimers Timers { get; }

    /// <summary>For code that belongs to no connection.</summary>
    internal LoopScheduler Scheduler { get; }

    /// <summary>Another thread may take the loop over from a handler that blocks it.</summary>
    internal abstract bool CanBeTakenOver { get; }

    /// <summary>See <see cref="LoopOwnership"/>. Read from any thread.</summary>
    internal long Word => Volatile.Read(ref _word);

    /// <summary>How many callbacks of user code have begun. Read from any thread.</summary>
    internal long Callbacks => Volatile.Read(ref _callbacks);

    /// <summary>The system's number of the thread that owns the loop; 0 if it is not known. Read from any thread.</summary>
    internal int OwnerThread
    {
        get => Volatile.Read(ref field);
        private protected set => Volatile.Write(ref field, value);
    }

    /// <summary>Connections that live here, or are being made. Read from any thread.</summary>
    internal int Users => Volatile.Read(ref _users);

    /// <summary>The calling thread owns the loop.</summary>
    internal bool IsOwner => LoopOwnership.Current is { } ownership && ownership.Loop == this && ownership.Epoch == Word >> 1;

    /// <summary>Descriptors from here on cannot be watched.</summary>
    internal int DescriptorLimit => _poller.DescriptorLimit;

    /// <summary>It ends with the last connection that used it, instead of waiting for the next one.</summary>
    private protected abstract bool EndsUnused { get; }

    /// <summary>The connection whose callback runs; null between callbacks.</summary>
    private protected LoopScheduler? Current
    {
        get => Volatile.Read(ref field);
        private set => Volatile.Write(ref field, value);
    }

    /// <summary>Of a private loop: its connection, whose end does not wait for a handler; otherwise null. Read from any thread.</summary>
    private protected LoopSocket? OnlyConnection
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    internal bool CanRegister(int descriptor) => descriptor < _poller.DescriptorLimit;

    /// <inheritdoc cref="IPoller.TellsOfEnds"/>
    internal bool TellsOfEnds => _poller.TellsOfEnds;

    /// <summary>Only the owner may call the members that begin with this. It costs nothing unless invariants are checked.</summary>
    internal void AssertOwner()
    {
        if (Invariants.AreChecked)
        {
            Invariants.Assert(IsOwner, "the calling thread owns the loop whose state it touches");
        }
    }

    /// <returns>The calling thread's ownership, inside the engine, to be left; null for a foreign thread.</returns>
    internal LoopOwnership? TryEnter() =>
        LoopOwnership.Current is { } ownership && ReferenceEquals(ownership.Loop, this) && ownership.TryEnter() ? ownership : null;

    /// <summary>Puts work on the run queue, from any thread. User code of a loop that has ended runs on the thread pool.</summary>
    internal void Post(in WorkItem item)
    {
        if (TryEnter() is { } ownership)
        {
            var isAgain = Current is { } current && ReferenceEquals(item.Connection, current);
            (isAgain ? _again : _runQueue).Enqueue(item);
            ownership.Leave();
        }
        else if (!_remoteQueue.TryPost(item) && !item.IsEngineWork)
        {
            item.RunOnPool();
        }
    }

    /// <returns>False when the caller owns the loop and this callback has had enough answers at once; a foreign thread delays no
    /// connection of this loop.</returns>
    internal bool MayAnswerAtOnce()
    {
        if (LoopOwnership.Current is not { } ownership || !ReferenceEquals(ownership.Loop, this)
            || ownership.TryTakeUntimedCall() || !ownership.TryEnter())
        {
            return true;
        }
        var may = ownership.CallsLeft >= 0 && !CheckSliceIsOver();
        ownership.Leave();
        return may;
    }

    /// <summary>One more connection is going to use this loop, or a listener.</summary>
    internal void Retain() => Interlocked.Increment(ref _users);

    /// <summary>One user less.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0 && EndsUnused)
        {
            Post(new WorkItem(this));
        }
    }

    /// <remarks>There is nothing to do: the work item wakes the loop, which then looks whether it ends.</remarks>
    void ILoopWork.RunOnLoop()
    {
    }

    /// <summary>Gives back the descriptors of a loop that never ran and never will.</summary>
    internal void Discard() => _poller.Close();

    internal bool TryMove(long from, long to) => Interlocked.CompareExchange(ref _word, to, from) == from;

    /// <summary>
    /// The owner moves to user code. A private loop has no watchdog: its owner looks whether the connection is to end, and if so gives the
    /// loop away and continues as a foreign thread, so that the end does not wait for the handler.
    /// </summary>
    internal void MoveToUserCode(long to)
    {
        if (OnlyConnection is not { } connection)
        {
            Volatile.Write(ref _word, to);
            return;
        }
        // A full fence between the word and the look. The other side has its own, between the request and the look at the word
        // (LoopSocket.RequestFromLoop): one of the two sees the other.
        Interlocked.Exchange(ref _word, to);
        if (connection.IsEndUrgent)
        {
            Threads.TryTakeOver(to);
        }
    }

    /// <summary>The loop was taken over from a thread that is still in a callback. Called by the thread that takes it over, before the next
    /// owner begins.</summary>
    /// <returns>The connection whose callback it is, if it runs on the pool from now on.</returns>
    internal abstract LoopScheduler? OnTakenOver();

    /// <param name="word">The loop's word as it was seen.</param>
    /// <param name="callbacks">The number of callbacks as it was seen after it.</param>
    /// <returns>The connection whose callback that is; null when it is over meanwhile, or no connection's. From any thread.</returns>
    internal LoopScheduler? ConnectionOf(long word, long callbacks)
    {
        var current = Current;      // written before the word, and read before the second look at it
        return Word == word && Callbacks == callbacks ? current : null;
    }

    /// <summary>Runs the loop until it ends or is taken over. The thread's ownership has begun.</summary>
    internal void Run(LoopOwnership ownership)
    {
        LoopOwnership.Current = ownership;
        Current = null;
        OnStarting();
        while (Step(ownership))
        {
        }
        LoopOwnership.Current = null;
    }

    // What follows is called by the owner only.

    /// <summary>Registers a descriptor with the poller, or modifies its registration.</summary>
    /// <returns>Why it cannot be registered.</returns>
    internal SocketError Register(int descriptor, IRegistered handler, Readiness interest)
    {
        AssertOwner();
        if (_registrations[descriptor] == handler)
        {
            _poller.Modify(descriptor, interest);
            return SocketError.Success;
        }
        var error = _poller.Register(descriptor, interest);
        if (error == SocketError.Success)
        {
            _registrations[descriptor] = handler;
        }
        return error;
    }

    /// <summary>Ends a registration, if there is one.</summary>
    internal void Deregister(int descriptor, IRegistered handler)
    {
        AssertOwner();
        if (_registrations[descriptor] == handler)
        {
            _registrations[descriptor] = null;
            _poller.Deregister(descriptor);
        }
    }

    /// <summary>Closes a socket at the end of this batch of events. Until then no other socket has its number, so that a late event of the
    /// batch finds no registration.</summary>
    internal void CloseAfterBatch(int socket)
    {
        AssertOwner();
        _closing.Add(socket);
    }

    /// <returns>False when this callback has had enough answers at once.</returns>
    internal bool TryTakeCall(LoopOwnership ownership)
    {
        AssertOwner();
        return ownership.TryTakeUntimedCall() || (ownership.CallsLeft >= 0 && !CheckSliceIsOver());
    }

    private protected virtual void OnStarting()
    {
    }

    /// <remarks>Not inlined, and a step that waits begins with that. Otherwise copies of work items would lie in the frame that waits, and
    /// keep alive what a callback knew: the collector would not find a connection that the program has dropped.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Step(LoopOwnership ownership)
    {
        AssertOwner();
        if (_callbacksLeft is > 0 and < CallbacksBetweenEvents - UntimedCallbacks && !_isSliceOver)
        {
            CheckSliceIsOver();         // then no callbacks are left
        }
        if (_callbacksLeft > 0 && _runQueue.TryDequeue(out var item))
        {
            _callbacksLeft--;
            return RunCallback(item, ownership);
        }
        if (_cursor < _events)
        {
            ownership.BeginCalls();
            Dispatch(_poller.Event(_cursor++));
            // What had to wait for the end of the slice has one callback each before the next event.
            _callbacksLeft = _isSliceOver ? Math.Min(_runQueue.Count, CallbacksBetweenEvents) : CallbacksBetweenEvents;
            return true;
        }
        if (_againDue > 0 || (_again.Count > 0 && _callbacksLeft > 0 && _sliceStart is not null && !CheckSliceIsOver()))
        {
            MoveAgain();
            return true;
        }
        return TryWait();
    }

    /// <summary>
    /// Lets those connections have one more callback that have had one since the loop last looked at the descriptors. First came a look,
    /// and what it found: so a connection that always has work holds up the others for one callback of its own. They need not wait for a
    /// look while the time is known and short.
    /// </summary>
    private void MoveAgain()
    {
        for (var left = _againDue > 0 ? _againDue : _again.Count; left > 0; left--)
        {
            _runQueue.Enqueue(_again.Dequeue());
        }
        _againDue = 0;
    }

    private bool CheckSliceIsOver()
    {
        if (!_isSliceOver)
        {
            var clock = Engine.Clock;
            _sliceStart ??= clock.GetTimestamp();
            _isSliceOver = clock.GetElapsedTime(_sliceStart.Value) >= Slice;
            _callbacksLeft = _isSliceOver ? 0 : _callbacksLeft;
        }
        return _isSliceOver;
    }

    private bool RunCallback(in WorkItem item, LoopOwnership ownership)
    {
        ownership.BeginCalls();
        if (item.IsEngineWork)
        {
            item.RunEngineWork();
            return true;
        }
        if (item.Connection is { } connection && (connection.IsOnPool || Threads.HasNoStandby))
        {
            item.RunOnPool();
            return true;
        }
        Current = item.Connection;
        _callbacks++;
        Engine.Watchdog?.OnCallback();
        ownership.BeginCallback();
        item.Run(withContext: Engine.Watchdog is null);
        if (!ownership.TryEndCallback())
        {
            return false;
        }
        Current = null;
        return true;
    }

    private void Dispatch(ReadinessEvent ready)
    {
        if (ready.Readiness != Readiness.None)      // otherwise it was the poller's own, to end the wait
        {
            _registrations[ready.Descriptor]?.OnReady(ready.Readiness);
        }
    }

    /// <returns>False when the loop has ended.</returns>
    private bool TryWait()
    {
        foreach (var socket in _closing)
        {
            Calls.Close(socket);
        }
        _closing.Clear();
        if (_users == 0 && EndsUnused && _runQueue.Count + _again.Count == 0 && Timers.Count == 0 && _remoteQueue.TryClose())
        {
            _poller.Close();
            return false;
        }
        var milliseconds = _runQueue.Count + _again.Count > 0 ? 0 : Timers.MillisecondsToNext();
        if (milliseconds != 0 && !_remoteQueue.TrySleep())
        {
            milliseconds = 0;
        }
        _events = _poller.Wait(milliseconds);
        _cursor = 0;
        _callbacksLeft = CallbacksBetweenEvents;
        _againDue = _again.Count;
        (_sliceStart, _isSliceOver) = (_againDue > 0 ? Engine.Clock.GetTimestamp() : null, false);
        _remoteQueue.Awake();
        _remoteQueue.MoveTo(_runQueue);
        Timers.MoveDueTo(_runQueue);
        return true;
    }
}
