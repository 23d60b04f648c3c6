using System.Net;
using System.Net.Sockets;
using Zocalo.Addresses;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Readiness;

/// <summary>An engine that owns its threads: every connection lives on a loop. Which one, and how many there are, is what the engines
/// differ in.</summary>
internal abstract class LoopEngine : Engine
{
    private readonly Lock _lock = new();
    private volatile Loop? _first;

    private protected LoopEngine(string name, SocketCalls calls) : base(name)
    {
        Calls = calls;
        Time = new LoopTime(this);
    }

    internal SocketCalls Calls { get; }

    /// <summary>Where listeners live, and library code that belongs to no connection.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, for it. It may be asked again.</exception>
    internal Loop FirstLoop => _first ?? MakeLoops();

    /// <summary>The loop that the calling thread owns, if it is one of this engine's.</summary>
    internal Loop? CurrentLoop =>
        Tenure.Current is { } tenure && ReferenceEquals(tenure.Loop.Engine, this) && tenure.Loop.IsHere ? tenure.Loop : null;

    /// <summary>Has loops taken over that a handler holds up; null: nobody does.</summary>
    internal Watchdog? Watchdog { get; private protected set; }

    internal override TimeProvider Time { get; }

    internal override TimeProvider OutsideTime => TimeProvider.System;

    /// <summary>By which loops share their time among connections.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    internal override EngineScheduler Scheduler =>
        (CurrentLoop is { IsPrivate: false } here ? here : TryBegin())?.Scheduler ?? (EngineScheduler)PoolScheduler.Shared;

    /// <returns>The first loop; null when the engine cannot begin now: whoever needs it asks for <see cref="FirstLoop"/>, and is told
    /// why.</returns>
    internal Loop? TryBegin()
    {
        try
        {
            return FirstLoop;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    internal override ListenerSocket AdoptListener(ListeningSocket listening, SocketTimeouts timeouts)
    {
        int socket;
        try
        {
            socket = Adopt(listening.Socket, FirstLoop);
        }
        catch
        {
            listening.Close();
            throw;
        }
        return new LoopListener(this, socket, listening, timeouts);
    }

    internal override StreamSocket Adopt(Socket socket, SocketTimeouts timeouts)
    {
        var place = Reserve(out var onPool);
        Address local;
        SocketName peer;
        int descriptor;
        try
        {
            SocketSetup.Configure(socket, timeouts);
            (local, peer) = (EndPoints.ToAddress(socket.LocalEndPoint), new SocketName(socket.RemoteEndPoint));
            descriptor = Adopt(socket, place);
        }
        catch
        {
            socket.Dispose();
            place.Release();
            throw;
        }
        return new LoopSocket(place, descriptor, peer, local, onPool);
    }

    internal override async Task<ConnectResult> ConnectAsync(
        EndPoint endPoint, SocketTimeouts timeouts, CancellationToken cancellationToken)
    {
        var place = Reserve(out var onPool);
        int socket;
        try
        {
            socket = Adopt(SocketSetup.ForConnecting(endPoint, timeouts), place);
        }
        catch
        {
            place.Release();
            throw;
        }
        var error = await new LoopConnect(place, socket).RunAsync(endPoint, cancellationToken);
        if (error != SocketError.Success)
        {
            return new(null, error);
        }
        var local = EndPoints.ToAddress(Calls.LocalName(socket).ToEndPoint());
        return new(new LoopSocket(place, socket, new SocketName(endPoint), local, onPool), SocketError.Success);
    }

    internal override TTask RunOutside<TTask>(Func<TTask> work) => ((SynchronizationContext?)null).Run(work);

    /// <summary>Where the next connection is to live: a loop that runs, and counts it already.</summary>
    /// <exception cref="SocketException">There is no descriptor, or no thread, left for it.</exception>
    internal abstract Loop Reserve();

    /// <summary>Makes the loops that the engine has from the beginning, all of them or none, and starts them.</summary>
    /// <returns>The first one.</returns>
    private protected abstract Loop MakeFirstLoop();

    /// <summary>Made by code on a loop, a connection lives on that loop. Made elsewhere, its code goes on on the thread pool: it does not
    /// know that it may not block, and a private loop has its bytes to move.</summary>
    private Loop Reserve(out bool onPool)
    {
        if (CurrentLoop is { IsPrivate: false } here)
        {
            here.Retain();
            onPool = false;
            return here;
        }
        onPool = true;
        return Reserve();
    }

    private Loop MakeLoops()
    {
        lock (_lock)
        {
            return _first ??= MakeFirstLoop();
        }
    }

    /// <summary>Takes the socket over, or disposes of it.</summary>
    /// <exception cref="EngineLimitException">The loop cannot watch it.</exception>
    private int Adopt(Socket socket, Loop loop)
    {
        if (!loop.CanWatch((int)socket.SafeHandle.DangerousGetHandle()))
        {
            socket.Dispose();
            throw EngineLimitException.OfSelect();
        }
        return Calls.Adopt(socket);
    }
}
